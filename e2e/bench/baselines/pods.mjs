// Pods made through the API at once, and a watch that tells when all are Ready: what a hand-written client would do at
// its best.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { createInterface } from 'node:readline'

const [name, count] = process.argv.slice(2)
const { clusters, users } = JSON.parse(readFileSync(process.env.KUBECONFIG, 'utf8'))
const bytes = (text) => Buffer.from(text, 'base64')
const agent = new Agent({
  keepAlive: true,
  ca: bytes(clusters[0].cluster['certificate-authority-data']),
  cert: bytes(users[0].user['client-certificate-data']),
  key: bytes(users[0].user['client-key-data']),
})
const path = '/api/v1/namespaces/default/pods'
const selector = `labelSelector=bench%3D${name}`

function call(method, at, body) {
  return new Promise((done, fail) => {
    const sent = request(
      new URL(at, clusters[0].cluster.server),
      { agent, method, headers: { 'Content-Type': 'application/json' } },
      done,
    )
    sent.once('error', fail)
    sent.end(body && JSON.stringify(body))
  })
}

const made = Array.from({ length: Number(count) }, (_, n) =>
  call('POST', path, {
    metadata: { name: `${name}-${n + 1}`, labels: { bench: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: 'busybox:1.37',
          args: ['nc', '-ll', '-p', '7000', '-e', 'cat'],
          ports: [{ containerPort: 7000 }],
        },
      ],
    },
  }),
)
for (const { statusCode } of await Promise.all(made))
  if (statusCode !== 201) throw new RangeError(`a pod was refused: ${statusCode}`)
const ready = new Set()
const watch = await call('GET', `${path}?watch=1&${selector}`)
for await (const line of createInterface({ input: watch })) {
  const { object } = JSON.parse(line)
  if (object.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
    ready.add(object.metadata.name)
  if (ready.size === Number(count)) break
}
watch.destroy()
console.log(JSON.stringify({ ready: ready.size }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await call('DELETE', `${path}?${selector}`)
    console.log(JSON.stringify({ gone: performance.now() - since }))
    agent.destroy()
  })
  .resume()
