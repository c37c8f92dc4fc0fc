import { defineConfig, provision, staticServer } from 'moorage'

// The service is given by its variable: what is left is the plan, the supervisor, and one connection to the service.
const given = defineConfig({ services: { web: staticServer({ root: '.', as: 'BENCH_URL' }) } })
const [modules, file] = process.argv.slice(2)
const config = file === undefined ? given : (await import(file)).default
// A runner has these modules before it provisions.
await import(modules)
const since = performance.now()
const env = await provision(config, { onProgress: () => {} })
console.log(JSON.stringify({ url: env.endpoints.web.url, took: performance.now() - since }))
process.stdin
  .once('end', async () => {
    const leaving = performance.now()
    await env.dispose()
    console.log(JSON.stringify({ gone: performance.now() - leaving }))
  })
  .resume()
