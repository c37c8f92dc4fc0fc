import { spawnSync } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { kubectl, missing, NAMESPACE } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { startInPod } from '../testbed/in-pod.ts'

const folder = 'e2e/fixtures/host-access'

/** What the container has heard, and the address that it had for the server of the config. */
function heardIn(output: string): { readonly text: string; readonly url: URL } {
  const text = JSON.parse(/^HEARD (.*)$/m.exec(output)?.[1] ?? '""') as string
  return { text, url: new URL(/^at (\S+)$/m.exec(text)?.[1] ?? 'http://nowhere') }
}

async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return String(port)
}

test('a container on docker dials servers on this machine, a container of another network does not', async ({
  skip,
}) => {
  const reason = missing('docker')
  if (reason) skip(reason)
  await using stage = await openStage(folder, 'docker')
  const given = createHttpServer((_, response) => response.end("the user's own service\n"))
  await new Promise<void>((done) => given.listen(0, '127.0.0.1', done))
  const { port } = given.address() as AddressInfo
  const child = await stage.start(moorage('.', 'exec', '--', process.execPath, 'main.mjs'), {
    OWN_PORT: await freePort(),
    STAYS: 'yes',
    GIVEN_URL: `redis://localhost:${port}/0`,
  })
  await until('the answer', () => child.output().includes('HEARD'))
  const { text, url } = heardIn(child.output())
  expect(text).toContain("the server of the config\nthe tests' own server\nthe user's own service\n")
  expect(url.hostname).not.toBe('127.0.0.1')
  const stranger = spawnSync(
    'docker',
    ['-H', process.env['DOCKER_HOST'] as string, 'run', '--rm', 'busybox:1.37', 'wget', '-T', '3', '-qO-', url.href],
    { encoding: 'utf8' },
  )
  expect(stranger).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/error getting response|reset/) as string,
  })
  child.kill('SIGTERM')
  await child.ended
  await new Promise((done) => given.close(done))
  await stage.clean(5_000)
})

test('a pod dials servers in the pod that runs the tests, a pod of another run does not', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const before = kubectl('get', 'pods,secrets,services,jobs', '-n', NAMESPACE, '-o', 'name').stdout
  const command = [
    'sh',
    '-c',
    `cd ${folder} && exec node ../../../node_modules/moorage/bin/moorage.mjs exec -- node main.mjs`,
  ]
  const job = await startInPod({
    command,
    env: { CI: 'true', NO_COLOR: '1', MOORAGE_CACHE_DIR: '/tmp/moorage', HOME: '/tmp', OWN_PORT: '4321', STAYS: 'yes' },
  })
  try {
    await expect.poll(() => job.output(), { timeout: 60_000 }).toContain('HEARD')
    const { text, url } = heardIn(job.output())
    expect(text).toContain("the server of the config\nthe tests' own server\n")
    expect(url.hostname).toBe(kubectl('get', 'pod', job.name, '-n', NAMESPACE, '-o', 'jsonpath={.status.podIP}').stdout)
    const asking = [
      'run',
      'stranger',
      '-n',
      NAMESPACE,
      '--image=busybox:1.37',
      '--restart=Never',
      '--rm',
      '--attach',
      '--quiet',
      '--',
      'wget',
      '-T',
      '10',
      '-qO-',
      url.href,
    ]
    expect(kubectl(...asking).stdout).not.toContain('server')
  } finally {
    await job.remove(10)
  }
  await expect
    .poll(() => kubectl('get', 'pods,secrets,services,jobs', '-n', NAMESPACE, '-o', 'name').stdout, {
      timeout: 30_000,
      interval: 200,
    })
    .toBe(before)
})
