import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isMoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { Clock } from '../provider-kit/clock.ts'
import { PROTOCOL_VERSION, type Channel } from '../protocol/channel.ts'
import type { Connections } from '../provisioning/reconciler.ts'
import type { OpenParams, OpenResult } from '../supervisor/supervised-run.ts'
import { withResponseTimeout } from './response-timeout.ts'

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

export interface OpenedRun {
  readonly stream: Duplex
  readonly channel: Channel
  /** Settles when the supervisor is gone, and what it left as well. */
  readonly death: Promise<void>
  /** From here on the end is no surprise. */
  detach(): void
  readonly clock: Clock
  readonly onProgress: ProgressListener
}

export function createMembership(
  { run, connections }: OpenResult,
  { stream, channel, death, detach, clock, onProgress }: OpenedRun,
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
