import { container, defineConfig, docker, kubernetes, provision } from 'moorage'

const [engine, count] = process.argv.slice(2)
// The namespace is there already, as it is for the pods beside it.
const provider = engine === 'docker' ? docker() : kubernetes({ context: 'testbed', namespace: 'default' })
const one = () =>
  container({ image: 'busybox:1.37', ports: { main: 7000 }, command: ['nc', '-ll', '-p', '7000', '-e', 'cat'] })
const config = defineConfig({
  provider,
  services: Object.fromEntries(Array.from({ length: Number(count) }, (_, n) => [`s${n + 1}`, one()])),
})
const env = await provision(config, { onProgress: () => {} })
console.log(JSON.stringify({ url: env.endpoints.s1.url }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await env.dispose()
    console.log(JSON.stringify({ gone: performance.now() - since }))
  })
  .resume()
