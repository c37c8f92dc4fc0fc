import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError } from '@moorage/core/provider'
import type { ApiObject, List } from './types.ts'
import { bodyOf } from '../errors.ts'
import type { Client } from './client.ts'

export interface Change<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: T
}

export interface Watched {
  readonly path: string
  /** Selectors, as the query says them. */
  readonly query: { readonly [name: string]: string }
  /** Only what comes after this version. Default: what there is comes first. */
  readonly from?: string
  readonly over: AbortSignal
  /** Told once per outage, and never of an orderly end. */
  trouble?(reason: unknown): void
}

// Seconds after which the server ends a watch in an orderly way; bookmarks keep its place meanwhile.
const LENGTH = 290

/**
 * Every change from the beginning on, through resets, expired places (410) and outages: then the list tells what has
 * changed, deletions included. Ends with the signal; rejects only when this user may not watch.
 */
export async function* watch<T extends ApiObject>(client: Client, watched: Watched): AsyncGenerator<Change<T>> {
  const { over } = watched
  const known = new Map<string, T>()
  let version = watched.from
  let fresh = true
  for (let failures = 0; !over.aborted;) {
    try {
      if (version === undefined && !fresh) {
        const changes: Change<T>[] = []
        version = await relist(client, watched, { known, changes })
        for (const change of changes) yield change
      }
      fresh = false
      for await (const { type, object } of events<T>(client, watched, version)) {
        failures = 0
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
      if (over.aborted) return
      if (isMoorageError(error) && (error.cause === 403 || error.cause === 401)) throw error
      if (failures++ === 0) watched.trouble?.(error)
      // Its place may have expired by then; the list is as good.
      if (failures > 3) version = undefined
    }
    if (failures > 0)
      await sleep(Math.min(1_000, 25 * 2 ** failures) * (0.5 + Math.random() / 2), undefined, { signal: over }).catch(
        () => {},
      )
  }
}

async function relist<T extends ApiObject>(
  client: Client,
  { path, query, over }: Watched,
  { known, changes }: { known: Map<string, T>; changes: Change<T>[] },
): Promise<string> {
  const request = { method: 'GET' as const, path: `${path}?${new URLSearchParams(query)}`, signal: over }
  const { metadata, items } = bodyOf<List<T>>(request, await client.call(request))
  const there = new Set((items ?? []).map((item) => item.metadata.uid))
  for (const [uid, object] of known) if (!there.has(uid)) changes.push({ type: 'DELETED', object })
  known.clear()
  for (const object of items ?? []) {
    known.set(object.metadata.uid, object)
    changes.push({ type: 'MODIFIED', object })
  }
  return metadata.resourceVersion
}

type Line<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: T }

async function* events<T>(
  client: Client,
  { path, query, over }: Watched,
  version: string | undefined,
): AsyncGenerator<Line<T>> {
  const params = new URLSearchParams({
    ...query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(LENGTH),
    ...(version ? { resourceVersion: version } : {}),
  })
  const source = await client.stream(`${path}?${params}`, over)
  let rest = ''
  source.setEncoding('utf8')
  for await (const part of source) {
    const lines = (rest + String(part)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line) yield JSON.parse(line) as Line<T>
  }
}
