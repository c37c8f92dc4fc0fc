import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { service } from '@moorage/core'
import type { Provider, Unit } from '@moorage/core/provider'
import { createOpenRequest } from '../../../packages/core/src/client/open-request.ts'
import { Reconciler } from '../../../packages/core/src/provisioning/reconciler.ts'
import { currentOwner } from '../../../packages/core/src/provider-kit/process-identity.ts'
import type { RunRequest } from '../../../packages/core/src/protocol/run-request.ts'
import { defineConfig } from '../../../packages/moorage/src/index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A provider that keeps no unit itself, and weak references to all that it has started. */
function forgetfulProvider(units: WeakRef<Unit>[]): Provider {
  const start = (): Promise<Unit> => {
    const unit: Unit = {
      endpoint: (port) => Promise.resolve({ host: '127.0.0.1', port }),
      logs: async function* () {},
      exited: new Promise(() => {}),
      stop: () => Promise.resolve(),
    }
    units.push(new WeakRef(unit))
    return Promise.resolve(unit)
  }
  return {
    name: 'fake',
    form: 'process',
    probe: () => Promise.resolve({ ok: true, detail: 'in memory' }),
    open: () => Promise.resolve({ start, close: () => Promise.resolve() }),
  }
}

test('the memory of a service that an edit has replaced goes with it', async () => {
  const base = mkdtempSync(join(tmpdir(), 'moorage-replaced-'))
  try {
    const ref = { name: 'fake', module: 'fake', options: {} }
    const edition = (n: number): RunRequest => {
      const form = { command: ['api', String(n)], connection: {} }
      const api = service('api', { preset: 'api', ports: { http: 80 }, process: form }, {})
      const config = defineConfig({ root: base, provider: ref, services: { api } })
      return createOpenRequest({ providers: [ref], host: ref }, config, { env: { MOORAGE_CACHE_DIR: base } }).request
    }
    const units: WeakRef<Unit>[] = []
    const provider = forgetfulProvider(units)
    const reconciler = new Reconciler({
      run: { id: 'dev-1', labels: {}, owner: currentOwner(), root: base, cache: base },
      onProgress: () => {},
      load: () => Promise.resolve(provider),
      journal: () => {},
    })
    for (let n = 0; n < 6; n++) await reconciler.apply(edition(n))
    const alive = (): number => {
      collectGarbage()
      return units.filter((unit) => unit.deref()).length
    }
    // A weak reference lives until its turn of the event loop ends.
    await turn()
    expect(units).toHaveLength(6)
    await expect.poll(alive).toBe(1)
    await reconciler.stop()
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
})
