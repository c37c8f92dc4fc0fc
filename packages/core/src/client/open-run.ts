import type { Duplex } from 'node:stream'
import type { Json } from '../contract/json.ts'
import type { Progress, ProgressListener } from '../contract/progress.ts'
import { abortable, type Clock } from '../provider-kit/clock.ts'
import { Channel } from '../protocol/channel.ts'
import type { OpenParams, OpenResult } from '../supervisor/supervised-run.ts'
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

/** One connection, from the greeting to the answer. Gives undefined when the supervisor is on its way down, or refuses. */
export async function openRun(
  stream: Duplex,
  params: OpenParams,
  options: OpenRunOptions,
): Promise<Membership | undefined> {
  const { signal, clock, onProgress, method } = options
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
      if (!detached) await recoverAfterCrash(options)
    })
    const answering = Promise.race([channel.call(method, params as unknown as Json), late.promise])
    opening = answering
    const answer = await abortable(
      withResponseTimeout(answering, { clock, onProgress, ask: () => channel.call('ping', null) }),
      signal,
    )
    if (answer !== undefined && answer !== null)
      return createMembership(answer as unknown as OpenResult, { stream, channel, death, detach, clock, onProgress })
    detach()
    return undefined
  } catch (error) {
    detach()
    throw error
  }
}
