import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kubeconfig, missing } from '../../e2e/harness/engine.ts'
import {
  container,
  defineConfig,
  docker,
  external,
  kubernetes,
  provision,
  ref,
} from '../../packages/moorage/src/index.ts'

const providers = {
  docker: () => docker(),
  kubernetes: () => kubernetes({ context: 'testbed', kubeconfig: kubeconfig('admin') }),
}

/** The first line that a server sends. */
function firstLine({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(port, host).once('error', fail).setEncoding('utf8')
    socket.once('data', (text) => {
      done(String(text).trim())
      socket.destroy()
    })
  })
}

test.for(['docker', 'kubernetes'] as const)(
  'on %s, a server knows the addresses at which the tests will reach it, before it starts',
  async (name, { skip }) => {
    const reason = missing(name)
    if (reason) skip(reason)
    const cache = mkdtempSync(join(tmpdir(), 'moorage-external-'))
    onTestFinished(() => rmSync(cache, { recursive: true, force: true }))
    const { host, port } = external()
    const control = external('control')
    // As Kafka does: each listener sends the addresses that clients are to use.
    const script = 'nc -ll -p 7001 -e echo "$ADVERTISED" & exec nc -ll -p 7000 -e echo "$ADVERTISED"'
    const broker = container({
      image: 'busybox:1.37',
      ports: { main: 7000, control: 7001 },
      env: { ADVERTISED: ref`MAIN://${host}:${port},CONTROL://${control.host}:${control.port}` },
      command: ['sh', '-c', script],
    })
    const config = defineConfig({ root: cache, provider: providers[name](), services: { broker } })
    const env = { ...process.env, CI: '', MOORAGE: '', MOORAGE_CACHE_DIR: cache, MOORAGE_SUPERVISOR: 'inline' }
    await using environment = await provision(config, { env, onProgress: () => {} })
    const { ports } = environment.endpoints.broker
    const advertised = `MAIN://${ports.main.host}:${ports.main.port},CONTROL://${ports.control.host}:${ports.control.port}`
    expect(await firstLine(ports.main)).toBe(advertised)
    expect(await firstLine(ports.control)).toBe(advertised)
  },
)
