import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { monotonicClock, abortable, sleep, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { sha256 } from '../config/hash.ts'
import { isMoorageError, MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Progress, ProgressListener } from '../contract/progress.ts'
import type { Connections } from '../provisioning/reconciler.ts'
import { Channel, PROTOCOL_VERSION } from '../protocol/channel.ts'
import { withResponseTimeout } from './response-timeout.ts'
import type { OpenResult, OpenParams } from '../supervisor/supervised-run.ts'
import type { Transport } from './transport.ts'

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

export interface ConnectOptions {
  readonly transport: Transport
  /** The supervisor's log: quoted when it does not come up. */
  readonly log: string
  readonly onProgress: ProgressListener
  readonly signal?: AbortSignal
  /** Default: the real one. */
  readonly clock?: Clock
  /** A run of another order, to be changed into this one rather than to start anew. */
  readonly from?: Duplex | undefined
}

type ResolvedOptions = Required<Omit<ConnectOptions, 'from'>> & Pick<ConnectOptions, 'from'>

// Milliseconds to find or start a supervisor. It takes 50; a machine under load may take long.
const START_TIMEOUT_MS = 30_000

/** Joins the supervisor of a place, or starts it: exactly one, however many ask at once. */
export async function connect(params: Omit<OpenParams, 'protocol'>, options: ConnectOptions): Promise<Membership> {
  const joining: ResolvedOptions = { clock: monotonicClock, signal: new AbortController().signal, ...options }
  const { clock, signal } = joining
  let deadline = clock.now() + START_TIMEOUT_MS
  const changed =
    joining.from &&
    (await openRun(joining.from, { ...params, protocol: PROTOCOL_VERSION }, { ...joining, method: 'update' }))
  if (changed) return changed
  for (let deaths = 0; ;) {
    signal.throwIfAborted()
    const { stream, release, status } = await withStartTimeout(dialOrLaunch(joining), joining)
    try {
      if (status?.startsWith('failed ')) throw startFailure(joining, status.slice('failed '.length))
      if (status === 'died' && ++deaths === 3) throw startFailure(joining, 'it died three times while it started')
      const since = clock.now()
      const membership =
        stream && (await openRun(stream, { ...params, protocol: PROTOCOL_VERSION }, { ...joining, method: 'open' }))
      if (membership) return membership
      // One that answered was found: only the search has a limit.
      deadline += clock.now() - since
    } finally {
      release()
    }
    if (clock.now() > deadline) throw startFailure(joining, `none answered within ${START_TIMEOUT_MS / 1000} s`)
    // Clients that were turned away together do not come back together.
    await sleep(clock, 10 + (Number.parseInt(sha256(params.run.id).slice(0, 6), 16) % 20))
  }
}

interface DialResult {
  readonly stream: Duplex | undefined
  readonly status?: string
  release(): void
}

async function dialOrLaunch({ transport }: ResolvedOptions): Promise<DialResult> {
  const stream = await transport.dial()
  if (stream) return { stream, release: () => {} }
  const { status, release } = await transport.launch()
  if (status !== 'up' && status !== 'taken') return { stream: undefined, status, release }
  try {
    return { stream: await transport.dial(), status, release }
  } catch (error) {
    release()
    throw error
  }
}

/** Nobody waits for what comes too late: it is let go when it comes. */
async function withStartTimeout(reaching: Promise<DialResult>, joining: ResolvedOptions): Promise<DialResult> {
  const late = (): never => {
    throw startFailure(joining, `it was not there within ${START_TIMEOUT_MS / 1000} s`)
  }
  try {
    return await abortable(withTimeout(reaching, { clock: joining.clock, ms: START_TIMEOUT_MS, late }), joining.signal)
  } catch (error) {
    void reaching.then(
      ({ stream, release }) => {
        stream?.destroy()
        release()
      },
      () => {},
    )
    throw error
  }
}

/** One connection, from the greeting to the answer. Gives undefined when the supervisor is on its way down, or refuses. */
async function openRun(
  stream: Duplex,
  params: OpenParams,
  joining: ResolvedOptions & { readonly method: 'open' | 'update' },
): Promise<Membership | undefined> {
  const { signal, clock, onProgress, method } = joining
  const hello = Promise.withResolvers<boolean>()
  const late = Promise.withResolvers<undefined>()
  const channel = new Channel(stream, {
    event(event) {
      const message = event as unknown as { hello?: number; late?: boolean; over?: string; progress?: Progress }
      if (message.hello !== undefined) hello.resolve(true)
      if (message.late) late.resolve(undefined)
      if (message.over !== undefined) ended(message.over)
      if (message.progress) onProgress(message.progress)
    },
  })
  void channel.closed.then(() => hello.resolve(false))
  let detached = false
  const detach = (): void => {
    detached = true
    channel.close()
  }
  let opening: Promise<unknown> = late.promise
  // Nothing is left of it to be looked for. After the error of a start, which may lie in the same packet, it is no news.
  const ended = (why: string): void => {
    if (!detached)
      void opening.then(
        () => onProgress({ kind: 'notice', text: `The supervisor has taken the services down: ${why}.` }),
        () => {},
      )
    detached = true
  }
  try {
    const greeted = await abortable(
      withResponseTimeout(hello.promise, { clock, onProgress, ask: () => hello.promise }),
      signal,
    )
    if (!greeted) return undefined
    const death = channel.closed.then(async () => {
      if (!detached) await recoverAfterCrash(joining)
    })
    const answering = Promise.race([channel.call(method, params as unknown as Json), late.promise])
    opening = answering
    const answer = await abortable(
      withResponseTimeout(answering, { clock, onProgress, ask: () => channel.call('ping', null) }),
      signal,
    )
    if (answer !== undefined && answer !== null)
      return membershipOf(answer as unknown as OpenResult, { stream, channel, death, detach, joining })
    detach()
    return undefined
  } catch (error) {
    detach()
    throw error
  }
}

interface OpenedRun {
  readonly stream: Duplex
  readonly channel: Channel
  /** Settles when the supervisor is gone, and what it left as well. */
  readonly death: Promise<void>
  /** From here on the end is no surprise. */
  detach(): void
  readonly joining: ResolvedOptions
}

function membershipOf(
  { run, connections }: OpenResult,
  { stream, channel, death, detach, joining: { clock, onProgress } }: OpenedRun,
): Membership {
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
      const changing = call('update', { ...params, protocol: PROTOCOL_VERSION } as unknown as Json)
      const answer = (await withResponseTimeout(changing, {
        clock,
        onProgress,
        ask: () => channel.call('ping', null),
      })) as unknown as OpenResult | null
      if (answer) connections = answer.connections
      return answer !== null
    },
    async leave(outcome = { failed: false }) {
      try {
        // Without a reference: whoever gives up waiting for the answer must be able to end.
        const { failures } = (await channel.call('leave', outcome as unknown as Json)) as unknown as {
          failures: readonly string[]
        }
        detach()
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
async function recoverAfterCrash({ transport, onProgress }: ResolvedOptions): Promise<void> {
  onProgress({ kind: 'notice', text: 'The supervisor was killed: its services are gone. Removing what it left…' })
  for (const failure of parseFailures(await transport.recover().catch(() => '')))
    onProgress({ kind: 'notice', text: `Not removed: ${failure.replace(/\.$/, '')}. The next run tries again.` })
}

function parseFailures(said: string): readonly string[] {
  try {
    return (JSON.parse(said) as { failures: readonly string[] }).failures
  } catch {
    return ['the clean-up itself failed']
  }
}

function startFailure({ log }: ResolvedOptions, why: string): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor could not be started: ${why.replace(/\.$/, '')}.`, {
    logs: lastLogLines(log),
    hint: `Its log is ${log}.`,
  })
}

function lastLogLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim())
      .slice(-10)
  } catch {
    return []
  }
}
