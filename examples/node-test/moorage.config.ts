import { defineConfig, postgres } from 'moorage'

const config = defineConfig({ services: { db: postgres({ seed: './schema.sql', isolate: 'test' }) } })

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}
export default config
