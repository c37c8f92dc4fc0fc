import { defineConfig, mongodb, postgres } from 'moorage'

export default defineConfig({
  services: {
    db: postgres({ seed: './schema.sql', as: 'DATABASE_URL' }),
    docs: mongodb({ version: '6.0', as: 'MONGODB_URL' }),
  },
})
