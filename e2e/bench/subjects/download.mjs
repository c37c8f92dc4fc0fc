import { container, defineConfig, kubernetes, provision } from 'moorage'

const [bytes] = process.argv.slice(2)
const provider = kubernetes({ context: 'testbed', namespace: 'default', reach: 'forward' })
const file = container({
  image: 'busybox:1.37',
  ports: { main: 7000 },
  command: ['nc', '-ll', '-p', '7000', '-e', 'dd', 'if=/dev/zero', 'bs=64k', `count=${bytes / 65_536}`],
})
const env = await provision(defineConfig({ provider, services: { file } }), { onProgress: () => {} })
// As the provider names it in a shared namespace.
console.log(JSON.stringify({ url: env.endpoints.file.url, pod: `${env.run}-file` }))
process.stdin
  .once('end', async () => {
    await env.dispose()
    console.log(JSON.stringify({ gone: 0 }))
  })
  .resume()
