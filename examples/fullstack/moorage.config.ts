import { defineConfig, mongodb, npmServer, staticServer } from 'moorage'

const db = mongodb()
const api = npmServer({ path: '/notes', env: { MONGODB_URL: db.url } })
const config = defineConfig({ services: { db, api, web: staticServer({ root: 'site', spa: true }) } })

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
