import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError } from '@moorage/core/provider'
import { expectBody } from '../errors.ts'
import type { ApiClient } from './client.ts'
import type { ApiObject, List } from './types.ts'

/** One change of a watched object. */
export interface WatchChange<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
}

export interface WatchOptions {
  /** Path of the collection. */
  readonly path: string
  /** Selectors, as query parameters. */
  readonly query: { readonly [name: string]: string }
  /** Resource version after which changes begin. Default: the watch begins with the objects that exist. */
  readonly fromVersion?: string
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Called once per outage; the orderly end of a connection is not an outage. */
  onOutage?(reason: unknown): void
}

// After this time the server ends the connection in an orderly way, and the watch opens the next one.
const CONNECTION_TIMEOUT_SECONDS = 290
// The API server sends the headers of a watch at once.
const HEADERS_TIMEOUT_MS = 15_000
const FIRST_BACKOFF_MS = 25
const MAX_BACKOFF_MS = 1_000
// A connection that ends sooner counts as unstable, and the next one waits for the back-off, however this one ended.
const STABLE_CONNECTION_MS = 5_000
const FAILURES_BEFORE_RELIST = 3
// A refusal may pass: a new role needs time to take effect, and an authorizer can be out of order for a moment.
const DENIAL_TOLERANCE_MS = 2_000
const DENIAL_TOLERANCE_ONCE_ALLOWED_MS = 60_000

/**
 * Yields every change of a collection until the signal aborts. After a reset, an outage or an expired resource version
 * (410), it lists the collection and yields the differences, deletions included.
 *
 * Throws MoorageError only when this user may not watch (401, 403): after refusals for 2 s, or for 60 s where the watch
 * has worked before.
 *
 * Source: Kubernetes API concepts, "Efficient detection of changes" and "Watch bookmarks".
 */
export async function* watch<T extends ApiObject>(
  client: ApiClient,
  options: WatchOptions,
): AsyncGenerator<WatchChange<T>> {
  const { signal } = options
  const known = new Map<string, T>()
  let version = options.fromVersion
  let first = true
  let deniedSince: number | undefined
  let toleranceMs = DENIAL_TOLERANCE_MS
  for (let failures = 0, shortConnections = 0; !signal.aborted;) {
    const openedAt = performance.now()
    try {
      if (version === undefined && !first) {
        const changes: WatchChange<T>[] = []
        version = await relist(client, options, { known, changes })
        for (const change of changes) yield change
      }
      first = false
      for await (const { type, object } of readWatch<T>(client, options, version)) {
        failures = 0
        deniedSince = undefined
        toleranceMs = DENIAL_TOLERANCE_ONCE_ALLOWED_MS
        if (type === 'ERROR') {
          version = undefined
          break
        }
        version = object.metadata.resourceVersion
        if (type === 'BOOKMARK') continue
        if (type === 'DELETED') known.delete(object.metadata.uid)
        else known.set(object.metadata.uid, object)
        yield { type, object }
      }
    } catch (error) {
      if (signal.aborted) return
      deniedSince = isDenial(error) ? (deniedSince ?? performance.now()) : undefined
      if (deniedSince !== undefined && performance.now() - deniedSince > toleranceMs) throw error
      if (failures++ === 0) options.onOutage?.(error)
      // The version may have expired during a long outage; a list works in either case.
      if (failures > FAILURES_BEFORE_RELIST) version = undefined
    }
    shortConnections = performance.now() - openedAt < STABLE_CONNECTION_MS ? shortConnections + 1 : 0
    const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** shortConnections) * (0.5 + Math.random() / 2)
    await sleep(delayMs, undefined, { signal }).catch(() => {})
  }
}

function isDenial(error: unknown): boolean {
  return isMoorageError(error) && (error.cause === 403 || error.cause === 401)
}

/** Collects the differences between `known` and the current list; resolves with the list's resource version. */
async function relist<T extends ApiObject>(
  client: ApiClient,
  { path, query, signal }: WatchOptions,
  { known, changes }: { known: Map<string, T>; changes: WatchChange<T>[] },
): Promise<string> {
  const request = { method: 'GET' as const, path: `${path}?${new URLSearchParams(query)}`, signal }
  const { metadata, items } = expectBody<List<T>>(request, await client.call(request))
  const present = new Set((items ?? []).map((item) => item.metadata.uid))
  for (const [uid, object] of known) if (!present.has(uid)) changes.push({ type: 'DELETED', object })
  known.clear()
  for (const object of items ?? []) {
    known.set(object.metadata.uid, object)
    changes.push({ type: 'MODIFIED', object })
  }
  return metadata.resourceVersion
}

type WatchLine<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: T }

async function* readWatch<T>(
  client: ApiClient,
  { path, query, signal }: WatchOptions,
  version: string | undefined,
): AsyncGenerator<WatchLine<T>> {
  const params = new URLSearchParams({
    ...query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(CONNECTION_TIMEOUT_SECONDS),
    ...(version ? { resourceVersion: version } : {}),
  })
  const source = await client.stream({ path: `${path}?${params}`, signal, headersTimeoutMs: HEADERS_TIMEOUT_MS })
  let rest = ''
  source.setEncoding('utf8')
  for await (const part of source) {
    const lines = (rest + String(part)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line) yield JSON.parse(line) as WatchLine<T>
  }
}
