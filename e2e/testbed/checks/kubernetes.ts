import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { binary } from '../go-programs.ts'
import { inPod } from '../in-pod.ts'
import { buildkitSocket, kubeconfigOf } from '../kubernetes-paths.ts'
import { buildctl, kubectl as program } from '../kubernetes-programs.ts'
import { withoutVerb } from '../kubernetes-users.ts'
import { inScratch } from '../scratch.ts'
import { sh } from '../shell.ts'
import { bed, kubectl } from './bed.ts'
import { eventually } from './container.ts'

/** Two nginx pods, of which `web` has a name in the run's headless service and an address as a service. */
async function apply(): Promise<void> {
  const pod = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ci', labels: { of: 'checks', name } },
    spec: {
      hostname: name,
      subdomain: 'run',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'nginx:1.28' }],
    },
  })
  const service = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'ci' },
    spec,
  })
  const items = [
    service('run', { clusterIP: 'None', selector: { of: 'checks' } }),
    service('web', { selector: { name: 'web' }, ports: [{ port: 80 }] }),
    pod('web'),
    pod('client'),
  ]
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await sh([binary(program), '--kubeconfig', kubeconfigOf('admin'), 'apply', '-f', '-'], { input })
}

before(async () => {
  const { code, err } = await bed('up')
  assert.equal(code, 0, err)
  await apply()
})

after(() => bed('down'))

test('the node is Ready, and a pod is within 10 s', async () => {
  assert.match((await kubectl('get', 'node', 'testbed')).out, /testbed +Ready .* v1\.34\.4/)
  const ready = ['wait', '-n', 'ci', '--for=condition=Ready', 'pod/web', 'pod/client', '--timeout=10s']
  const { code, err } = await kubectl(...ready)
  assert.equal(code, 0, err)
})

for (const host of ['web.run', 'web']) {
  test(`a pod reaches another one as http://${host}`, async () => {
    const args = ['exec', '-n', 'ci', 'client', '--', 'curl', '-sS', `http://${host}`]
    assert.match(await eventually(host, async () => (await kubectl(...args)).out || undefined), /Welcome to nginx/)
  })
}

test('logs come from a pod, and a command ends with its exit code', async () => {
  assert.match((await kubectl('logs', '-n', 'ci', 'web')).out, /GET \//)
  assert.equal((await kubectl('exec', '-n', 'ci', 'web', '--', 'sh', '-c', 'exit 7')).code, 7)
})

test('kubectl forwards a port', async () => {
  const args = ['--kubeconfig', kubeconfigOf('admin'), 'port-forward', '-n', 'ci', 'pod/web', ':80']
  const child = spawn(binary(program), args)
  try {
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    const port = await eventually('the port', async () => /127\.0\.0\.1:(\d+)/.exec(out)?.[1])
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /Welcome to nginx/)
  } finally {
    child.kill()
  }
})

/** The answer that a user gets when it lists pods. */
async function pods(kubeconfig: string, namespace: string): Promise<string> {
  const args = ['--kubeconfig', kubeconfig, 'get', 'pods', '-n', namespace, '-o', 'name']
  return sh([binary(program), ...args]).catch((error: Error) => error.message)
}

test('users may do what their roles say', async () => {
  assert.match(await pods(kubeconfigOf('shared'), 'ci'), /^pod\/client\npod\/web\n$/)
  assert.match(await pods(kubeconfigOf('shared'), 'default'), /User "shared" cannot list resource "pods"/)
  assert.match(await pods(kubeconfigOf('creator'), 'ci'), /^pod\/client\npod\/web\n$/)
  assert.match(await pods(kubeconfigOf('nobody'), 'ci'), /User "nobody" cannot list resource "pods"/)
  assert.match(await pods(kubeconfigOf('expired'), 'ci'), /Unauthorized/)
  assert.match(await pods(await withoutVerb('list', 'pods'), 'ci'), /cannot list resource "pods"/)
  await assert.rejects(withoutVerb('list', 'nodes'), /does not grant list on nodes/)
})

test('namespaces restrict pods', async () => {
  const run = async (namespace: string): Promise<string> =>
    (await kubectl('run', 'plain', '-n', namespace, '--image=busybox:1.37')).err
  assert.match(await run('restricted'), /violates PodSecurity "restricted:latest"/)
  assert.match(await run('quota'), /failed quota: quota: must specify/)
})

test('a command in a pod has the checkout, this Node and the rights of its account', async () => {
  const script = `const [ca, token] = ['ca.crt', 'token']
      .map((name) => require('node:fs').readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + name))
    const headers = { authorization: 'Bearer ' + token }
    const url = 'https://kubernetes.default.svc/api/v1/namespaces/'
    const say = (namespace) => require('node:https').get(url + namespace + '/pods', { ca, headers }, (answer) => {
      console.log(namespace, answer.statusCode, process.version, process.env.WORD)
      process.exitCode = 3
      answer.resume()
    })
    require('node:fs').statSync('e2e/testbed/in-pod.ts')
    say('ci')
    setTimeout(say, 500, 'default')`
  const { code, output } = await inPod({ command: ['node', '-e', script], env: { WORD: 'hello' } })
  assert.equal(output, `ci 200 ${process.version} hello\ndefault 403 ${process.version} hello\n`)
  assert.equal(code, 3)
  assert.equal((await kubectl('get', 'pods', '-n', 'ci', '-o', 'name')).out, 'pod/client\npod/web\n')
})

test('BuildKit builds from a stand-in image and pushes, and a pod runs the result', async () => {
  const image = '127.0.0.1:5000/checks/built:1'
  await inScratch(async (folder) => {
    const input = 'FROM busybox:1.37\nRUN echo built > /word\nCMD ["cat", "/word"]\n'
    await sh(['sh', '-c', 'cat > "$1"/Dockerfile', 'sh', folder], { input })
    const places = ['--local', `context=${folder}`, '--local', `dockerfile=${folder}`]
    const output = ['--output', `type=image,name=${image},push=true`]
    const build = ['--addr', `unix://${buildkitSocket}`, 'build', '--frontend', 'dockerfile.v0', ...places, ...output]
    await sh([binary(buildctl), ...build])
  })
  const run = ['run', 'built', '-n', 'ci', '-i', '--rm', '--quiet', '--restart=Never', `--image=${image}`]
  const { out } = await kubectl(...run)
  assert.match(out, /^built$/m)
})
