import { defineConfig, postgres } from 'moorage'

export default defineConfig({ services: { db: postgres({ seed: './schema.sql', isolate: 'test' }) } })
