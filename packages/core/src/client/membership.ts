import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isMoorageError } from '../contract/errors.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { LogLine } from '../contract/running-unit.ts'
import type { Clock } from '../provider-kit/clock.ts'
import type { Channel } from '../protocol/channel.ts'
import type { LogLineRouter } from '../protocol/log-line-router.ts'
import type { LogQuery, MethodName, Outcome, Params, Result } from '../protocol/methods.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import type { Connections, OpenedRun } from '../protocol/run-status.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'
import { withResponseTimeout } from './response-timeout.ts'

/** A connection to a supervisor that keeps its run alive. */
export interface Membership {
  readonly run: string
  readonly connections: Connections
  /** Throws MoorageError: what the method throws, or SUPERVISOR_FAILED when the supervisor is gone. */
  call<M extends 'exec' | 'retain' | 'status'>(method: M, params: Params<M>): Promise<Result<M>>
  /** Log lines of a service. Throws like `call`. */
  logs(query: Omit<LogQuery, 'follow'>): Promise<readonly LogLine[]>
  /**
   * Applies a request to the run, and restarts services that have died; `connections` then has the new ones. Gives
   * false where this client cannot update the run. Throws MoorageError: what the start of a service throws, or
   * SUPERVISOR_FAILED.
   */
  update(request: RunRequest): Promise<boolean>
  /**
   * Leaves the run. For the last client, unless the run is retained, it resolves once everything is removed. Gives what
   * could not be removed. Never rejects. Default outcome: success.
   */
  leave(outcome?: Outcome): Promise<readonly string[]>
}

export interface RunConnection {
  readonly stream: Duplex
  readonly channel: Channel
  readonly logLineRouter: LogLineRouter
  /** Settles when the supervisor is gone, and what a crashed one left is removed. */
  readonly crashHandled: Promise<void>
  /** Closes the connection. From then on its end is no crash. */
  detach(): void
  /** The supervisor's files have moved to those of this identity. */
  onMoved(identity: string): void
  readonly clock: Clock
  readonly onProgress: ProgressListener
}

export function createMembership(
  { run, connections }: OpenedRun,
  { stream, channel, logLineRouter, crashHandled, detach, onMoved, clock, onProgress }: RunConnection,
): Membership {
  // The connection must not keep a runner alive that has nothing else to do, except during a call.
  const socket = stream as Partial<Pick<Socket, 'ref' | 'unref'>>
  socket.unref?.()
  const call = async <M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> => {
    socket.ref?.()
    return await channel.call(method, params).finally(() => socket.unref?.())
  }
  return {
    run,
    get connections() {
      return connections
    },
    call,
    async logs(query) {
      const lines: LogLine[] = []
      const onLine = (line: LogLine): void => void lines.push(line)
      await logLineRouter.read({ ...query, follow: false }, onLine, (params) => call('readLogs', params))
      return lines
    },
    async update(request) {
      const updating = call('update', { ...request, protocol: PROTOCOL_VERSION })
      const probe = (): Promise<null> => channel.call('ping', null)
      const updated = await withResponseTimeout(updating, { clock, onProgress, probe })
      if (updated) {
        ;({ connections } = updated)
        onMoved(request.identity)
      }
      return updated !== null
    },
    async leave(outcome = { failed: false }) {
      try {
        // Unlike `call`, does not keep the process alive: a caller that stops waiting must be able to exit.
        const { failures } = await channel.call('leave', outcome)
        detach()
        return failures
      } catch (error) {
        channel.close()
        await crashHandled
        return isMoorageError(error) ? [] : [String(error)]
      }
    },
  }
}
