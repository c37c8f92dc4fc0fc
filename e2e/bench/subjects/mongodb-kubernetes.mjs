import { defineConfig, kubernetes, mongodb, provision } from 'moorage'

const config = defineConfig({
  provider: kubernetes({ context: 'testbed' }),
  services: { db: mongodb({ version: '6.0', auth: false }) },
})
const env = await provision(config, { onProgress: () => {} })
console.log(JSON.stringify({ url: env.endpoints.db.url }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await env.dispose()
    console.log(JSON.stringify({ gone: performance.now() - since }))
  })
  .resume()
