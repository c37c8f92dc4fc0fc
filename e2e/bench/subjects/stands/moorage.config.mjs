import { defineConfig, plainProcess, staticServer } from 'moorage'

export default defineConfig({ provider: plainProcess(), services: { web: staticServer({ root: '.' }) } })
