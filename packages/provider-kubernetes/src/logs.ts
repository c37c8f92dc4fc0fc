import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError, LineSplitter, type LogLine, type LogOptions } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import type { ServicePod } from './pod/pod-ref.ts'

// The kubelet learns of a start up to a second late, and refuses to give a log until then.
const START_POLL_INTERVAL_MS = 50
const MAX_START_POLLS = 40

/** The restarts of the main container. */
export interface Restarts {
  count(): number
  /** Resolves with true after another restart, and with false when the pod has ended. */
  next(since: number, signal: AbortSignal): Promise<boolean>
}

type PodName = Pick<ServicePod, 'namespace' | 'pod'>

/**
 * Yields the lines of the main container since its last start. The API merges stdout and stderr: every line counts as
 * stdout. With `follow`, continues after each restart.
 *
 * Throws MoorageError when the API server refuses the log. Ends without an error when the signal aborts.
 */
export async function* readLogs(
  client: ApiClient,
  pod: PodName,
  { restarts, ...options }: LogOptions & { readonly restarts?: Restarts },
): AsyncGenerator<LogLine> {
  const { follow, signal = new AbortController().signal } = options
  for (let current: LogOptions = options; ;) {
    const since = restarts?.count() ?? 0
    yield* readContainerLog(client, pod, current)
    if (!follow || !restarts || signal.aborted) return
    const isRestarted = await restarts.next(since, signal).catch((error: unknown) => {
      if (signal.aborted) return false
      throw error
    })
    if (!isRestarted) return
    // All lines of the new container.
    const { tail: _tail, ...rest } = options
    current = rest
  }
}

async function* readContainerLog(
  client: ApiClient,
  { namespace, pod }: PodName,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const finished = new AbortController()
  const anySignal = signal ? AbortSignal.any([signal, finished.signal]) : finished.signal
  const query = new URLSearchParams({
    container: 'main',
    follow: String(follow),
    ...(tail === undefined ? {} : { tailLines: String(tail) }),
  })
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`
  const splitter = new LineSplitter()
  try {
    const source = await openLog(client, path, { follow, signal: anySignal })
    if (!source) return
    source.setEncoding('utf8')
    for await (const part of source) {
      for (const text of splitter.add(String(part))) yield { stream: 'stdout', text }
    }
    const { rest } = splitter
    if (rest) yield { stream: 'stdout', text: rest }
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    finished.abort()
  }
}

/** Waits for the start of the container: without end with `follow`, else for 2 s, and then resolves with undefined. */
async function openLog(
  client: ApiClient,
  path: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<IncomingMessage | undefined> {
  for (let polls = 0; ; polls++) {
    try {
      return await client.stream({ path, signal })
    } catch (error) {
      if (!isMoorageError(error) || !/is waiting to start|ContainerCreating|PodInitializing/.test(error.message))
        throw error
      if (!follow && polls > MAX_START_POLLS) return undefined
      await sleep(START_POLL_INTERVAL_MS, undefined, { signal })
    }
  }
}
