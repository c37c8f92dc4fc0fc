import type { ProgressListener } from '../contract/progress.ts'
import type { LogLine } from '../contract/running-unit.ts'
import { monotonicClock } from '../provider-kit/clock.ts'
import { Channel } from '../protocol/channel.ts'
import { LogLineRouter } from '../protocol/log-line-router.ts'
import type { LogQuery, MethodName, Params, Result } from '../protocol/methods.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'
import type { RunStatus } from '../protocol/run-status.ts'
import { PROTOCOL_VERSION, protocolMismatch } from '../protocol/version.ts'
import { withResponseTimeout } from './response-timeout.ts'
import { dialSocket } from './transport.ts'

/**
 * A connection that inspects a run without using it. Close it at the end. Each call throws MoorageError: what the
 * method throws, or SUPERVISOR_FAILED when the supervisor is gone.
 */
export interface RunObserver {
  status(): Promise<RunStatus | null>
  /** Ends the retention. The run ends now, or with the last of its users. */
  endRetention(): Promise<Result<'endRetention'>>
  /** Resolves after the last line; with `follow` when the service ends. */
  readLogs(query: LogQuery, onLine: (line: LogLine) => void): Promise<void>
  /** Restarts these services, or all, and those that need them. */
  restart(services: readonly string[], onProgress: ProgressListener): Promise<Result<'restart'>>
  /** The command line of an interactive shell in a service. */
  shell(params: Params<'shell'>): Promise<Result<'shell'>>
  close(): void
}

/**
 * Gives undefined where no supervisor listens. Throws MoorageError (SUPERVISOR_FAILED) where it has another version.
 */
export async function observeRun({ socket }: SupervisorPaths): Promise<RunObserver | undefined> {
  const stream = await dialSocket(socket)
  if (!stream) return undefined
  const greeting = Promise.withResolvers<number | undefined>()
  const logLineRouter = new LogLineRouter()
  let onRestart: ProgressListener = () => {}
  const channel = new Channel(stream, {
    events: {
      hello: (protocol) => greeting.resolve(protocol),
      logLine: logLineRouter.onLogLine,
      progress: (progress) => onRestart(progress),
    },
  })
  void channel.closed.then(() => greeting.resolve(undefined))
  const answered = async <T>(work: Promise<T>, probe: () => Promise<unknown>): Promise<T> =>
    await withResponseTimeout(work, { clock: monotonicClock, onProgress: () => {}, probe })
  const call = async <M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> =>
    await answered(channel.call(method, params), () => channel.call('ping', null))
  const protocol = await answered(greeting.promise, () => greeting.promise)
  if (protocol === undefined) return undefined
  if (protocol !== PROTOCOL_VERSION) {
    channel.close()
    throw protocolMismatch(protocol, PROTOCOL_VERSION)
  }
  channel.sendEvent('observing', true)
  return {
    status: () => call('status', null),
    endRetention: () => call('endRetention', null),
    readLogs: (query, onLine) => logLineRouter.read(query, onLine, (params) => call('readLogs', params)),
    async restart(services, onProgress) {
      onRestart = onProgress
      return await call('restart', { services })
    },
    shell: (params) => call('shell', params),
    close: () => channel.close(),
  }
}
