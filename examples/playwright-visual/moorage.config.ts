import { browser, defineConfig, staticServer } from 'moorage'

const config = defineConfig({ services: { web: staticServer({ root: 'site' }), browser: browser() } })

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
