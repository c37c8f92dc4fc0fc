import type { Duplex } from 'node:stream'
import type { ProgressListener } from '../contract/progress.ts'
import { abortable, type Clock } from '../provider-kit/clock.ts'
import { Channel } from '../protocol/channel.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'
import { recoverAfterCrash } from './crash-recovery.ts'
import { createMembership, type Membership } from './membership.ts'
import { withResponseTimeout } from './response-timeout.ts'
import type { Transport } from './transport.ts'

export interface OpenRunOptions {
  readonly method: 'open' | 'update'
  readonly transport: Transport
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
  const channel = new Channel(stream, {
    events: {
      hello: () => greeted.resolve(true),
      reconnect: () => turnedAway.resolve(undefined),
      progress: onProgress,
      ended(reason) {
        // A start that fails ends the run as well, and its error may lie in the same packet: it says enough.
        const text = `The supervisor has taken the services down: ${reason}.`
        if (!detached)
          void opening.then(
            () => onProgress({ kind: 'notice', text }),
            () => {},
          )
        detached = true
      },
    },
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
      if (!detached) await recoverAfterCrash(options)
    })
    const calling = Promise.race([channel.call(method, { ...request, protocol: PROTOCOL_VERSION }), turnedAway.promise])
    opening = calling
    const opened = await answered(calling, () => channel.call('ping', null))
    if (opened) return createMembership(opened, { stream, channel, crashHandled, detach, clock, onProgress })
    detach()
    return undefined
  } catch (error) {
    detach()
    throw error
  }
}
