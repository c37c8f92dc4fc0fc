import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { monotonic, orAborted, sleep, within, type Clock } from '../provider-kit/clock.ts'
import { sha256 } from '../config/hash.ts'
import { isMoorageError, MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Progress, Tell } from '../contract/progress.ts'
import type { Connections } from '../provisioning/reconciler.ts'
import { Channel, PROTOCOL } from '../protocol/channel.ts'
import { whileAlive } from './response-timeout.ts'
import type { Answer, OpenParams } from '../supervisor/supervised-run.ts'
import type { Ways } from './transport.ts'

/** A place in a supervisor's count. */
export interface Membership {
  readonly run: string
  readonly connections: Connections
  call(method: 'logs' | 'exec' | 'keep' | 'status', params: Json): Promise<Json>
  /**
   * Another order for the same run, or the same one: what has changed or died starts anew, and the connections are
   * those of now. Gives false where that is not for this client to say.
   */
  update(params: Omit<OpenParams, 'protocol'>): Promise<boolean>
  /** Resolves when the run is undone, if this was its last member and nothing keeps it. Never rejects; gives what failed. */
  leave(outcome?: Outcome): Promise<readonly string[]>
}

/** How it went, for whoever used a run. */
export interface Outcome {
  readonly failed: boolean
}

export interface JoinOptions {
  readonly ways: Ways
  /** The supervisor's log: quoted when it does not come up. */
  readonly log: string
  readonly tell: Tell
  readonly signal?: AbortSignal
  /** Default: the real one. */
  readonly clock?: Clock
  /** A run of another order, to be changed into this one rather than to start anew. */
  readonly from?: Duplex | undefined
}

type Joining = Required<Omit<JoinOptions, 'from'>> & Pick<JoinOptions, 'from'>

// Milliseconds to find or start a supervisor. It takes 50; a machine under load may take long.
const PATIENCE = 30_000

/** Joins the supervisor of a place, or starts it: exactly one, however many ask at once. */
export async function join(params: Omit<OpenParams, 'protocol'>, options: JoinOptions): Promise<Membership> {
  const joining: Joining = { clock: monotonic, signal: new AbortController().signal, ...options }
  const { clock, signal } = joining
  let deadline = clock.now() + PATIENCE
  const changed = joining.from && (await board(joining.from, { ...params, protocol: PROTOCOL }, { ...joining, method: 'update' }))
  if (changed) return changed
  for (let deaths = 0; ; ) {
    signal.throwIfAborted()
    const { stream, release, birth } = await patiently(reach(joining), joining)
    try {
      if (birth?.startsWith('failed ')) throw noSupervisor(joining, birth.slice('failed '.length))
      if (birth === 'died' && ++deaths === 3) throw noSupervisor(joining, 'it died three times while it started')
      const since = clock.now()
      const membership = stream && (await board(stream, { ...params, protocol: PROTOCOL }, { ...joining, method: 'open' }))
      if (membership) return membership
      // One that answered was found: only the search has a limit.
      deadline += clock.now() - since
    } finally {
      release()
    }
    if (clock.now() > deadline) throw noSupervisor(joining, `none answered within ${PATIENCE / 1000} s`)
    // Clients that were turned away together do not come back together.
    await sleep(clock, 10 + (Number.parseInt(sha256(params.run.id).slice(0, 6), 16) % 20))
  }
}

interface Reached {
  readonly stream: Duplex | undefined
  readonly birth?: string
  release(): void
}

async function reach({ ways }: Joining): Promise<Reached> {
  const stream = await ways.dial()
  if (stream) return { stream, release: () => {} }
  const { birth, release } = await ways.launch()
  if (birth !== 'up' && birth !== 'taken') return { stream: undefined, birth, release }
  try {
    return { stream: await ways.dial(), birth, release }
  } catch (error) {
    release()
    throw error
  }
}

/** Nobody waits for what comes too late: it is let go when it comes. */
async function patiently(reaching: Promise<Reached>, joining: Joining): Promise<Reached> {
  const late = (): never => {
    throw noSupervisor(joining, `it was not there within ${PATIENCE / 1000} s`)
  }
  try {
    return await orAborted(within(reaching, { clock: joining.clock, ms: PATIENCE, late }), joining.signal)
  } catch (error) {
    void reaching.then(({ stream, release }) => {
      stream?.destroy()
      release()
    }, () => {})
    throw error
  }
}

/** One connection, from the greeting to the answer. Gives undefined when the supervisor is on its way down, or refuses. */
async function board(stream: Duplex, params: OpenParams, joining: Joining & { readonly method: 'open' | 'update' }): Promise<Membership | undefined> {
  const { signal, clock, tell, method } = joining
  const hello = Promise.withResolvers<boolean>()
  const late = Promise.withResolvers<undefined>()
  const channel = new Channel(stream, {
    event(event) {
      const message = event as unknown as { hello?: number; late?: boolean; over?: string; progress?: Progress }
      if (message.hello !== undefined) hello.resolve(true)
      if (message.late) late.resolve(undefined)
      if (message.over !== undefined) ended(message.over)
      if (message.progress) tell(message.progress)
    },
  })
  void channel.closed.then(() => hello.resolve(false))
  let parted = false
  const part = (): void => {
    parted = true
    channel.close()
  }
  let opening: Promise<unknown> = late.promise
  // Nothing is left of it to be looked for. After the error of a start, which may lie in the same packet, it is no news.
  const ended = (why: string): void => {
    if (!parted) void opening.then(() => tell({ kind: 'notice', text: `The supervisor has taken the services down: ${why}.` }), () => {})
    parted = true
  }
  try {
    const greeted = await orAborted(whileAlive(hello.promise, { clock, tell, ask: () => hello.promise }), signal)
    if (!greeted) return undefined
    const death = channel.closed.then(async () => {
      if (!parted) await afterDeath(joining)
    })
    const answering = Promise.race([channel.call(method, params as unknown as Json), late.promise])
    opening = answering
    const answer = await orAborted(whileAlive(answering, { clock, tell, ask: () => channel.call('ping', null) }), signal)
    if (answer !== undefined && answer !== null) return membershipOf(answer as unknown as Answer, { stream, channel, death, part, joining })
    part()
    return undefined
  } catch (error) {
    part()
    throw error
  }
}

interface Boarded {
  readonly stream: Duplex
  readonly channel: Channel
  /** Settles when the supervisor is gone, and what it left as well. */
  readonly death: Promise<void>
  /** From here on the end is no surprise. */
  part(): void
  readonly joining: Joining
}

function membershipOf({ run, connections }: Answer, { stream, channel, death, part, joining: { clock, tell } }: Boarded): Membership {
  // The lifeline must not keep a runner alive that has nothing else to do.
  const lifeline = stream as Partial<Pick<Socket, 'ref' | 'unref'>>
  lifeline.unref?.()
  const call = async (method: string, params: Json): Promise<Json> => {
    lifeline.ref?.()
    return await channel.call(method, params).finally(() => lifeline.unref?.())
  }
  return {
    run,
    get connections() {
      return connections
    },
    call,
    async update(params) {
      const changing = call('update', { ...params, protocol: PROTOCOL } as unknown as Json)
      const answer = (await whileAlive(changing, { clock, tell, ask: () => channel.call('ping', null) })) as unknown as Answer | null
      if (answer) connections = answer.connections
      return answer !== null
    },
    async leave(outcome = { failed: false }) {
      try {
        // Without a reference: whoever gives up waiting for the answer must be able to end.
        const { failures } = (await channel.call('leave', outcome as unknown as Json)) as unknown as { failures: readonly string[] }
        part()
        return failures
      } catch (error) {
        channel.close()
        await death
        return isMoorageError(error) ? [] : [String(error)]
      }
    },
  }
}

/** The supervisor died first: what it left is removed by its journal, even when this process ends now. */
async function afterDeath({ ways, tell }: Joining): Promise<void> {
  tell({ kind: 'notice', text: 'The supervisor was killed: its services are gone. Removing what it left…' })
  for (const failure of failuresIn(await ways.recover().catch(() => ''))) tell({ kind: 'notice', text: `Not removed: ${failure.replace(/\.$/, '')}. The next run tries again.` })
}

function failuresIn(said: string): readonly string[] {
  try {
    return (JSON.parse(said) as { failures: readonly string[] }).failures
  } catch {
    return ['the clean-up itself failed']
  }
}

function noSupervisor({ log }: Joining, why: string): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor could not be started: ${why.replace(/\.$/, '')}.`, {
    logs: lastOf(log),
    hint: `Its log is ${log}.`,
  })
}

function lastOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line.trim()).slice(-10)
  } catch {
    return []
  }
}
