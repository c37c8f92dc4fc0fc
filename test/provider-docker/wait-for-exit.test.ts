import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProxy, type FaultyProxy } from '../../e2e/chaos/soak/faulty-proxy.ts'
import { missing } from '../../e2e/harness/engine.ts'
import { engineAt } from '../../packages/provider-docker/src/engine/engine-address.ts'
import { waitForExit } from '../../packages/provider-docker/src/container/wait-for-exit.ts'

const reason = missing('docker')
const host = process.env['DOCKER_HOST'] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'moorage-wait-'))
const docker = (...args: string[]): string => execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8' }).trim()
const containers: string[] = []

describe.skipIf(reason)(`a wait whose connection breaks off${reason ? ` (${reason})` : ''}`, () => {
  let proxy: FaultyProxy
  let waits: number
  const engine = engineAt(`unix://${join(folder, 'docker.sock')}`)

  beforeAll(async () => {
    proxy = await openProxy({ socketPath: host.replace('unix://', '') }, { path: join(folder, 'docker.sock') })
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    for (const id of containers) docker('rm', '-f', id)
    rmSync(folder, { recursive: true, force: true })
  })

  function start(...command: string[]): string {
    const id = docker('run', '-d', '--network', 'none', 'busybox:1.37', ...command)
    containers.push(id)
    waits = 0
    proxy.trouble = (_, path) => (path.includes('/wait') && waits++ < 2 ? { reset: 'before' } : {})
    return id
  }

  test('goes on while the container runs, and then tells its end', async () => {
    const id = start('sleep', '1000')
    const exit = waitForExit(engine.call, id)
    const waiting = new Promise((resolve) => setTimeout(resolve, 300, 'waiting'))
    expect(await Promise.race([exit, waiting])).toBe('waiting')
    expect(waits).toBe(3)
    docker('kill', id)
    expect(await exit).toEqual({ reason: 'exited', code: 137, signal: 'SIGKILL' })
  })

  test('tells an end that came meanwhile, and a container that is gone', async () => {
    const ended = start('sh', '-c', 'exit 3')
    docker('wait', ended)
    expect(await waitForExit(engine.call, ended)).toEqual({ reason: 'exited', code: 3 })
    expect(await waitForExit(engine.call, 'no-such-container')).toEqual({
      reason: 'lost',
      detail: 'the engine stopped answering, or another program removed the container',
    })
  })
})
