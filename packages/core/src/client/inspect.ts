import { monotonicClock } from '../provider-kit/clock.ts'
import type { Json } from '../contract/json.ts'
import type { LogLine } from '../contract/provider.ts'
import { Channel, PROTOCOL_VERSION, protocolMismatch } from '../protocol/channel.ts'
import type { RunStatus } from '../supervisor/supervised-run.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'
import { withResponseTimeout } from './response-timeout.ts'
import { dialSocket } from './transport.ts'

/** A connection to a supervisor that looks at its run, and does not use it. */
export interface Inspector {
  status(): Promise<RunStatus | null>
  /** Ends its stay. Gives how many still use it: it goes with the last of them. */
  release(): Promise<{ readonly users: number; readonly failures: readonly string[] }>
  logs(service: string, tail: number): Promise<readonly LogLine[]>
  /** Until the service has ended, or the visit. */
  follow(service: string, tail: number, take: (line: LogLine) => void): Promise<void>
  close(): void
}

/** Gives undefined where nobody is. Throws `MoorageError` (SUPERVISOR_FAILED) where another version is. */
export async function inspectRun({ socket }: SupervisorPaths): Promise<Inspector | undefined> {
  const stream = await dialSocket(socket)
  if (!stream) return undefined
  const hello = Promise.withResolvers<number | undefined>()
  let takeLine: (line: LogLine) => void = () => {}
  const channel = new Channel(stream, {
    event(event) {
      const message = event as unknown as { readonly hello?: number; readonly line?: LogLine }
      if (message.hello !== undefined) hello.resolve(message.hello)
      if (message.line) takeLine(message.line)
    },
  })
  void channel.closed.then(() => hello.resolve(undefined))
  const alive = async <T>(work: Promise<T>, ask: () => Promise<unknown>): Promise<T> =>
    await withResponseTimeout(work, { clock: monotonicClock, onProgress: () => {}, ask })
  const call = async (method: string, params: Json): Promise<Json> =>
    await alive(channel.call(method, params), () => channel.call('ping', null))
  const protocol = await alive(hello.promise, () => hello.promise)
  if (protocol === undefined) return undefined
  if (protocol !== PROTOCOL_VERSION) {
    channel.close()
    throw protocolMismatch(protocol, PROTOCOL_VERSION)
  }
  return {
    status: async () => (await call('status', null)) as unknown as RunStatus | null,
    release: async () => (await call('release', null)) as unknown as { users: number; failures: readonly string[] },
    logs: async (service, tail) => (await call('logs', { service, tail })) as unknown as LogLine[],
    async follow(service, tail, take) {
      takeLine = take
      await call('follow', { service, tail })
    },
    close: () => channel.close(),
  }
}
