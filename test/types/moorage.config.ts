import { container, defineConfig, mongodb, npmServer, postgres, redis, ref, staticServer } from 'moorage'

const db = postgres({ version: '17' })
const app = container({ image: 'app:1', ports: { http: 80, grpc: 90 } })

export const config = defineConfig({
  services: {
    db,
    app,
    cache: redis(),
    docs: mongodb(),
    web: staticServer({ root: 'dist' }),
    api: npmServer({
      env: { DB: db.url, PORT_OF_DB: db.port, GRPC: ref`${app.ports.grpc.host}:${app.ports.grpc.port}` },
      needs: { cache: 'started' },
    }),
  },
})

declare module 'moorage' {
  interface Register {
    config: typeof config
  }
}
