import { moorage } from 'moorage/vitest'
import { defineConfig } from 'vitest/config'

// There is no moorage.config.ts: the services are those of docker-compose.yml.
export default defineConfig({ plugins: [moorage()] })
