import { defineConfig, postgres, redis } from 'moorage'

const config = defineConfig({ services: { db: postgres({ seed: './schema.sql' }), cache: redis() } })

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
