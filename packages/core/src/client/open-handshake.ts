import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import type { ProgressListener } from '../contract/progress.ts'
import { abortable, type Clock } from '../provider-kit/clock.ts'
import { Channel, connectionLost } from '../protocol/channel.ts'
import { LogLineRouter } from '../protocol/log-line-router.ts'
import { supervisorPaths } from '../protocol/paths.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'
import { recoverAfterCrash } from './clean-up-after-crash.ts'
import { crashError, readCrashReport, type CrashReport } from './crash-report.ts'
import { createMembership, type Membership } from './membership.ts'
import { withResponseTimeout } from './response-timeout.ts'
import type { Transport } from './transport.ts'

export interface OpenRunOptions {
  readonly method: 'open' | 'update'
  readonly transport: Transport
  /** Path of the supervisor's log, which the error of a crash quotes. */
  readonly log: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress: ProgressListener
}

/**
 * Opens or updates the run of a supervisor. Gives undefined when the supervisor is shutting down or refuses the update.
 * Throws MoorageError: SUPERVISOR_FAILED where it stops answering, else what the start of the services throws.
 */
export async function openRun(
  stream: Duplex,
  request: RunRequest,
  options: OpenRunOptions,
): Promise<Membership | undefined> {
  const { signal, clock, onProgress, method } = options
  const greeted = Promise.withResolvers<boolean>()
  const turnedAway = Promise.withResolvers<undefined>()
  let opening: Promise<unknown> = turnedAway.promise
  let detached = false
  let { log } = options
  // Read at once, because the clean-up removes the log.
  let crash: CrashReport | undefined
  const reportCrash = (): CrashReport => (crash ??= readCrashReport(log))
  const logLineRouter = new LogLineRouter()
  const channel = new Channel(stream, {
    events: {
      hello: () => greeted.resolve(true),
      reconnect: () => turnedAway.resolve(undefined),
      progress: onProgress,
      logLine: logLineRouter.onLogLine,
      ended(reason) {
        // A start that fails ends the run as well, and its error may lie in the same packet: it says enough.
        const text = `The supervisor has removed the services: ${reason}.`
        if (!detached)
          void opening.then(
            () => onProgress({ kind: 'notice', text }),
            () => {},
          )
        detached = true
      },
    },
    lostError: () => (detached ? connectionLost() : crashError(reportCrash())),
  })
  void channel.closed.then(() => greeted.resolve(false))
  const detach = (): void => {
    detached = true
    channel.close()
  }
  const answered = async <T>(work: Promise<T>, probe: () => Promise<unknown>): Promise<T> =>
    await abortable(withResponseTimeout(work, { clock, onProgress, probe }), signal)
  try {
    if (!(await answered(greeted.promise, () => greeted.promise))) return undefined
    const crashHandled = channel.closed.then(async () => {
      if (!detached) await recoverAfterCrash(reportCrash(), { ...options, log })
    })
    const calling = Promise.race([channel.call(method, { ...request, protocol: PROTOCOL_VERSION }), turnedAway.promise])
    opening = calling
    const opened = await answered(calling, () => channel.call('ping', null))
    const onMoved = (identity: string): void => void ({ log } = supervisorPaths(identity, dirname(log)))
    if (opened)
      return createMembership(opened, {
        stream,
        channel,
        logLineRouter,
        crashHandled,
        detach,
        onMoved,
        clock,
        onProgress,
      })
    detach()
    return undefined
  } catch (error) {
    detach()
    throw error
  }
}
