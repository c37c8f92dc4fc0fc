import type { Duplex } from 'node:stream'
import { sha256 } from '../config/content-hash.ts'
import type { ProgressListener } from '../contract/progress.ts'
import { abortable, monotonicClock, sleep, withTimeout, type Clock } from '../provider-kit/clock.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import { launchError } from './launch-error.ts'
import type { Membership } from './membership.ts'
import { openRun } from './open-handshake.ts'
import { withReuseNotices } from './reuse-notices.ts'
import type { LaunchResult, Transport } from './transport.ts'

export interface ConnectOptions {
  readonly transport: Transport
  /** Path of the supervisor's log, which the error of a failed start quotes. */
  readonly log: string
  readonly onProgress: ProgressListener
  readonly signal?: AbortSignal
  /** Default: the real one. */
  readonly clock?: Clock
  /** A connection to a run of an older config, which is updated where possible. Default: a new run starts. */
  readonly outdated?: Duplex | undefined
}

type ConnectContext = Required<Omit<ConnectOptions, 'outdated'>>

// To find or start a supervisor. That takes 50 ms, and much longer on an overloaded machine.
const START_TIMEOUT_MS = 30_000
const MAX_DEATHS = 3
const RETRY_DELAY_MS = { min: 10, spread: 20 }

/**
 * Opens a run: connects to its supervisor, or starts one. However many clients ask at once, one supervisor starts.
 * Throws MoorageError: SUPERVISOR_FAILED where none starts or answers, else what the start of the services throws.
 * Rejects with the signal's reason when that aborts.
 */
export async function connect(request: RunRequest, options: ConnectOptions): Promise<Membership> {
  const { outdated, ...rest } = options
  return await withReuseNotices(request, options.onProgress, (onProgress) => {
    const defaults = { clock: monotonicClock, signal: new AbortController().signal }
    return updateOrOpen(request, { ...defaults, ...rest, onProgress }, outdated)
  })
}

async function updateOrOpen(request: RunRequest, context: ConnectContext, outdated?: Duplex): Promise<Membership> {
  const { clock, signal, log } = context
  let deadline = clock.now() + START_TIMEOUT_MS
  const updated = outdated && (await openRun(outdated, request, { ...context, method: 'update' }))
  if (updated) return updated
  for (let deaths = 0; ;) {
    signal.throwIfAborted()
    const { stream, report, release } = await withStartTimeout(dialOrLaunch(context.transport), context)
    try {
      if (report?.status === 'failed') throw launchError(log, report.reason)
      if (report?.status === 'died' && ++deaths === MAX_DEATHS)
        throw launchError(log, `it died ${MAX_DEATHS} times while it started`)
      const since = clock.now()
      const membership = stream && (await openRun(stream, request, { ...context, method: 'open' }))
      if (membership) return membership
      // The limit is for the search. This time was spent with a supervisor that answered.
      deadline += clock.now() - since
    } finally {
      release()
    }
    if (clock.now() > deadline) throw launchError(log, `none answered within ${START_TIMEOUT_MS / 1000} s`)
    // Spreads clients that were turned away together. The delay depends on the run alone, so a simulation can repeat
    // it.
    const spread = Number.parseInt(sha256(request.run.id).slice(0, 6), 16) % RETRY_DELAY_MS.spread
    await sleep(clock, RETRY_DELAY_MS.min + spread)
  }
}

interface DialResult extends Pick<LaunchResult, 'release'> {
  /** Undefined where no supervisor listens. */
  readonly stream: Duplex | undefined
  /** Undefined where a supervisor was already running. */
  readonly report?: LaunchResult['report']
}

async function dialOrLaunch(transport: Transport): Promise<DialResult> {
  const stream = await transport.dial()
  if (stream) return { stream, release: () => {} }
  const { report, release } = await transport.launch()
  if (report.status === 'failed' || report.status === 'died') return { stream: undefined, report, release }
  try {
    return { stream: await transport.dial(), report, release }
  } catch (error) {
    release()
    throw error
  }
}

/** Closes a connection that comes after the timeout or the abort. */
async function withStartTimeout(
  dialing: Promise<DialResult>,
  { clock, signal, log }: ConnectContext,
): Promise<DialResult> {
  const late = (): never => {
    throw launchError(log, `it did not start within ${START_TIMEOUT_MS / 1000} s`)
  }
  try {
    return await abortable(withTimeout(dialing, { clock, ms: START_TIMEOUT_MS, late }), signal)
  } catch (error) {
    void dialing.then(
      ({ stream, release }) => {
        stream?.destroy()
        release()
      },
      () => {},
    )
    throw error
  }
}
