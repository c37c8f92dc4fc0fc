import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { monotonicClock, abortable, sleep, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { sha256 } from '../config/hash.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProgressListener } from '../contract/progress.ts'
import { PROTOCOL_VERSION } from '../protocol/channel.ts'
import { openRun } from './open-run.ts'
import type { Membership } from './membership.ts'
import type { OpenParams } from '../supervisor/supervised-run.ts'
import type { Transport } from './transport.ts'

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
