import { defineConfig, npmServer, plainProcess, postgres, staticServer } from 'moorage'

const db = postgres({ seed: './schema.sql' })
const api = npmServer({ script: 'start', path: '/health', env: { DATABASE_URL: db.url } })
const config = defineConfig({
  // Plain processes, so that the demo needs only npm. MOORAGE_PROVIDER=docker overrides it.
  provider: plainProcess(),
  services: { db, api, web: staticServer({ root: 'dist' }) },
})

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
