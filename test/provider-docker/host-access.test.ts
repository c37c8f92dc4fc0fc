import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { engineAt } from '../../packages/provider-docker/src/engine/engine-address.ts'
import { hostAccessProblem } from '../../packages/provider-docker/src/host-access.ts'

const fix = 'Run that service as a container as well, or use an engine on this machine.'

test('a remote engine has no way to this machine', async () => {
  expect(await hostAccessProblem(engineAt('tcp://build.example:2375'))).toEqual({
    reason: "its engine is on build.example, which cannot dial this machine's loopback",
    fix,
  })
})

// FAKE: answers the one request that is sent, because this machine cannot run an engine in a virtual machine.
test.each([
  [
    'that this machine does not have',
    [{ Id: 'f'.repeat(64) }],
    {
      reason:
        "its engine's bridges are not on this machine (Docker Desktop, rootless Docker, or a container beside the engine)",
      fix,
    },
  ],
  [
    'of which one is a device of this machine',
    [{ Id: 'f'.repeat(64) }, { Id: 'e'.repeat(64), Options: { 'com.docker.network.bridge.name': 'lo' } }],
    undefined,
  ],
])('an engine with bridges %s', async (_what, networks, problem) => {
  const engine = createServer((_, response) => response.end(JSON.stringify(networks)))
  await new Promise<void>((done) => engine.listen(0, '127.0.0.1', done))
  try {
    expect(await hostAccessProblem(engineAt(`tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`))).toEqual(
      problem,
    )
  } finally {
    engine.close()
  }
})
