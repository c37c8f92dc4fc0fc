import { __presets__ } from 'moorage'

const config = defineConfig({
  services: {
    __services__,
  },
})

// Gives services() the types of this config.
declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}

export default config
