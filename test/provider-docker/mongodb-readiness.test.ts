import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { currentOwner, type Probe, type Run, type Unit, type UnitSpec } from '@moorage/core'
import { mongodb } from '@moorage/services'
import { missing } from '../../e2e/harness/engine.ts'
import { serviceOwner, type ServiceOwner } from '../../packages/core/src/config/reference.ts'
import { monotonicClock } from '../../packages/core/src/provider-kit/clock.ts'
import { waitReady } from '../../packages/core/src/readiness/wait-ready.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')

// A forwarded port, such as kubectl's, ends inside the container, where the temporary server listens on 127.0.0.1. This
// entrypoint binds the temporary server to all addresses, so that it answers on a published port as well.
const ENTRYPOINT =
  'sed "s/--bind_ip 127.0.0.1/--bind_ip_all/" "$(command -v docker-entrypoint.sh)" > /tmp/open.sh; exec bash /tmp/open.sh mongod'
const INIT_COMPLETE = 'MongoDB init process complete'

describe.skipIf(reason)(`mongodb with a root user${reason ? ` (${reason})` : ''}`, () => {
  test('is not ready while the temporary server of its image answers', async () => {
    const id = `init-${randomBytes(4).toString('hex')}`
    const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const { signal } = new AbortController()
    const session = await provider({}, { root: process.cwd() }).open(
      run,
      { phase: () => {}, journal: () => {}, notice: () => {} },
      signal,
    )
    const { container } = (serviceOwner(mongodb({ version: '6.0' })) as ServiceOwner).spec as {
      container: { image: string; user: string; tmpfs: string[]; ready: Probe[] }
    }
    const { image, user, tmpfs, ready: probes } = container
    // The test bed's image keeps its temporary server for that long, and a plain probe would succeed at once.
    const env = {
      MONGO_INITDB_ROOT_USERNAME: 'root',
      MONGO_INITDB_ROOT_PASSWORD: 'root',
      MOORAGE_TESTBED_INIT_SECONDS: '2',
    }
    const spec: UnitSpec = {
      name: 'db',
      ports: { main: 27017 },
      env,
      sensitive: [],
      container: { image, user, tmpfs, entrypoint: ['bash', '-c', ENTRYPOINT] },
    }
    try {
      const unit = await session.start(spec, signal)
      const options = { service: 'db', unit, ports: spec.ports, signal, clock: monotonicClock, onAttempt: () => {} }
      await waitReady({ ...options, probes: probes.slice(0, 1) })
      expect(await textOf(unit), 'the temporary server answers').not.toContain(INIT_COMPLETE)
      await waitReady({ ...options, probes })
      expect(await textOf(unit)).toContain(INIT_COMPLETE)
    } finally {
      await session.close()
    }
  })
})

async function textOf(unit: Unit): Promise<string> {
  const lines: string[] = []
  for await (const { text } of unit.logs({})) lines.push(text)
  return lines.join('\n')
}
