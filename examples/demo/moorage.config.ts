import { defineConfig, npmServer, postgres, process, staticServer } from 'moorage'

const db = postgres({ seed: './schema.sql' })
const api = npmServer({ script: 'start', path: '/health', env: { DATABASE_URL: db.url } })
const config = defineConfig({
  // Named here, so that the demo needs nothing but npm; `npm start -- --provider docker` overrides it.
  provider: process(),
  services: { db, api, web: staticServer({ root: 'dist' }) },
})

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
