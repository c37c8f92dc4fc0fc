import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { duplexPair, type Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environ } from '../config/variables.ts'
import { isMoorageError, MoorageError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Progress, Tell } from '../run/progress.ts'
import type { Connections } from '../run/provisioning.ts'
import { Channel, PROTOCOL } from './channel.ts'
import type { Folders } from './household.ts'
import { launch, launchRecovery } from './launch.ts'
import type { OpenParams } from './server.ts'

/** A place in a supervisor's count. */
export interface Membership {
  readonly run: string
  readonly connections: Connections
  call(method: 'logs' | 'exec', params: Json): Promise<Json>
  /** Resolves when the run is undone, if this was its last member. Never rejects; gives what failed. */
  leave(): Promise<readonly string[]>
}

export interface JoinOptions {
  readonly folders: Folders
  readonly env: Environ
  readonly tell: Tell
  readonly signal?: AbortSignal
}

// Milliseconds to find or start a supervisor. It takes 50; a machine under load may take long.
const PATIENCE = 30_000

/** Joins the supervisor of a place, or starts it: exactly one, however many ask at once. */
export async function join(params: Omit<OpenParams, 'protocol'>, options: JoinOptions): Promise<Membership> {
  const deadline = Date.now() + PATIENCE
  for (let deaths = 0; ; ) {
    options.signal?.throwIfAborted()
    const { stream, release, died } = await reach(options)
    if (died && ++deaths === 3) throw noSupervisor(options.folders, 'it died three times while it started')
    try {
      if (stream) {
        const greeted = await greet(stream, options)
        if (greeted) return await open(greeted, { ...params, protocol: PROTOCOL }, options)
      }
    } finally {
      release()
    }
    if (Date.now() > deadline) throw noSupervisor(options.folders, `none answered within ${PATIENCE / 1000} s`)
    await sleep(10 + Math.random() * 20)
  }
}

interface Reached {
  readonly stream: Duplex | undefined
  readonly died?: boolean
  release(): void
}

async function reach({ folders, env }: JoinOptions): Promise<Reached> {
  const none = (): void => {}
  if (env['MOORAGE_SUPERVISOR'] === 'inline') return { stream: await inline(folders), release: none }
  const stream = await dial(folders.place.socket)
  if (stream) return { stream, release: none }
  const { birth, release } = await launch(folders, env)
  return { stream: birth === 'died' ? undefined : await dial(folders.place.socket), died: birth === 'died', release }
}

/** The same protocol, in this process: for debugging and unit tests. Dies with it, and cleans nothing then. */
async function inline(folders: Folders): Promise<Duplex> {
  const [{ keepHouse }, { Supervisor }] = await Promise.all([import('./household.ts'), import('./server.ts')])
  const [ours, theirs] = duplexPair()
  const supervisor = new Supervisor(keepHouse(folders, { shut: () => {}, done: () => {} }))
  supervisor.connect(theirs)
  return ours
}

function dial(path: string): Promise<Duplex | undefined> {
  return new Promise((done, fail) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      done(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const nobody = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '')
      if (nobody) done(undefined)
      else fail(new MoorageError('SUPERVISOR_FAILED', `The supervisor's socket ${path} cannot be opened.`, { cause: error }))
    })
  })
}

interface Greeted {
  readonly channel: Channel
  readonly stream: Duplex
}

/** A supervisor on its way down closes without a greeting: gives undefined. */
async function greet(stream: Duplex, { tell }: JoinOptions): Promise<Greeted | undefined> {
  const hello = Promise.withResolvers<boolean>()
  const channel = new Channel(stream, {
    event(event) {
      const message = event as unknown as { hello?: number; progress?: Progress }
      if (message.hello !== undefined) hello.resolve(true)
      if (message.progress) tell(message.progress)
    },
  })
  void channel.closed.then(() => hello.resolve(false))
  return (await hello.promise) ? { channel, stream } : undefined
}

async function open({ channel, stream }: Greeted, params: OpenParams, options: JoinOptions): Promise<Membership> {
  const onAbort = (): void => channel.close()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  let leaving = false
  void channel.closed.then(async () => {
    if (!leaving && !options.signal?.aborted) await afterDeath(options)
  })
  try {
    const { run, connections } = (await channel.call('open', params as unknown as Json)) as unknown as { run: string; connections: Connections }
    // The lifeline must not keep a runner alive that has nothing else to do.
    const lifeline = stream as Partial<Pick<Socket, 'ref' | 'unref'>>
    lifeline.unref?.()
    const call = async (method: string, callParams: Json): Promise<Json> => {
      lifeline.ref?.()
      return await channel.call(method, callParams).finally(() => lifeline.unref?.())
    }
    return {
      run,
      connections,
      call,
      async leave() {
        leaving = true
        const answer = await call('leave', null).catch((error: unknown) => ({ failures: isMoorageError(error) ? [] : [String(error)] }))
        channel.close()
        return (answer as { failures: readonly string[] }).failures
      },
    }
  } catch (error) {
    leaving = !(isMoorageError(error) && error.code === 'SUPERVISOR_FAILED')
    channel.close()
    options.signal?.throwIfAborted()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** The supervisor died first: what it left is removed by its journal, even when this process ends now. */
async function afterDeath({ folders, env, tell }: JoinOptions): Promise<void> {
  tell({ kind: 'notice', text: 'The supervisor was killed: its services are gone. Removing what it left…' })
  const said = await launchRecovery(folders, env)
  const { failures = ['the clean-up itself failed'] } = (said ? JSON.parse(said) : {}) as { failures?: readonly string[] }
  for (const failure of failures) tell({ kind: 'notice', text: `Not removed: ${failure}. The next run tries again.` })
}

function noSupervisor({ place }: Folders, why: string): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor could not be started: ${why}.`, {
    logs: lastOf(place.log),
    hint: `Its log is ${place.log}.`,
  })
}

function lastOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-10)
  } catch {
    return []
  }
}
