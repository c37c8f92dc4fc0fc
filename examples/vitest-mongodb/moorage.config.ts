import { defineConfig, mongodb } from 'moorage'

const config = defineConfig({ services: { db: mongodb({ version: '6.0', as: 'MONGODB_URL' }) } })

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
