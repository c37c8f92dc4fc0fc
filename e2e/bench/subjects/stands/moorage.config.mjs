import { defineConfig, process, staticServer } from 'moorage'

export default defineConfig({ provider: process(), services: { web: staticServer({ root: '.' }) } })
