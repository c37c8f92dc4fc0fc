import { __presets__ } from 'moorage'

export default defineConfig({
  services: {
    __services__,
  },
})
