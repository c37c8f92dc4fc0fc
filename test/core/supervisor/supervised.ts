import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duplexPair, type Duplex } from 'node:stream'
import { service } from '@moorage/core'
import type { LogLine, Provider, Unit, UnitSpec } from '@moorage/core/provider'
import { defineConfig } from '../../../packages/moorage/src/index.ts'
import { createOpenRequest } from '../../../packages/core/src/client/open-request.ts'
import type { OpenParams } from '../../../packages/core/src/protocol/methods.ts'
import { PROTOCOL_VERSION } from '../../../packages/core/src/protocol/version.ts'
import { realSystem } from '../../../packages/core/src/recovery/system.ts'
import { createContext } from '../../../packages/core/src/supervisor/supervisor-context.ts'
import { Supervisor } from '../../../packages/core/src/supervisor/supervisor.ts'

export interface UnitBehaviour {
  logs?(): AsyncIterable<LogLine>
  exec?: Unit['exec']
  shell?: Unit['shell']
  /** Later starts fail. Default: none. */
  maxStarts?: number
}

export interface Supervised extends Disposable {
  readonly supervisor: Supervisor
  /** Opens a run with the one service `api`. */
  readonly open: OpenParams
  /** Resolves with the reason when the supervisor shuts down. */
  readonly ended: Promise<string>
  /** How often a unit was started. */
  readonly starts: number
  /** The client's end of a new connection. */
  dial(): Duplex
}

/** A real supervisor in this process, over streams in memory, with a provider whose units behave as given. */
export function openSupervisor(behaviour: UnitBehaviour = {}): Supervised {
  const base = mkdtempSync(join(tmpdir(), 'moorage-supervised-'))
  const env = { MOORAGE_CACHE_DIR: base }
  const ref = { name: 'fake', module: 'fake', options: {} }
  const api = service('api', { preset: 'api', ports: { http: 80 }, process: { command: ['api'], connection: {} } }, {})
  const config = defineConfig({ root: base, provider: ref, services: { api } })
  const { request, folders } = createOpenRequest({ providers: [ref], host: ref }, config, { env })
  const ended = Promise.withResolvers<string>()
  let starts = 0
  const provider = fakeProvider(behaviour, () => (starts += 1))
  const context = createContext(
    folders,
    { stopListening: ended.resolve, move: () => Promise.resolve(true), forgetRun: () => {}, exit: () => {} },
    { ...realSystem(), loadProvider: () => Promise.resolve(provider) },
  )
  const supervisor = new Supervisor(context)
  return {
    supervisor,
    open: { ...request, protocol: PROTOCOL_VERSION },
    ended: ended.promise,
    get starts() {
      return starts
    },
    dial() {
      const [client, server] = duplexPair()
      supervisor.connect(server)
      return client
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
}

function fakeProvider({ logs, exec, shell, maxStarts = Infinity }: UnitBehaviour, countStart: () => number): Provider {
  const start = async (_spec: UnitSpec): Promise<Unit> => {
    if (countStart() > maxStarts) throw new RangeError('no more starts')
    return await Promise.resolve({
      endpoint: (port) => Promise.resolve({ host: '127.0.0.1', port }),
      logs: logs ?? async function* () {},
      exited: new Promise(() => {}),
      stop: () => Promise.resolve(),
      ...(exec ? { exec } : {}),
      ...(shell ? { shell } : {}),
    })
  }
  return {
    name: 'fake',
    form: 'process',
    probe: () => Promise.resolve({ ok: true, detail: 'in memory' }),
    open: () => Promise.resolve({ start, close: () => Promise.resolve() }),
  }
}
