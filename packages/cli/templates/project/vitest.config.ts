import { moorage } from 'moorage/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [moorage()] })
