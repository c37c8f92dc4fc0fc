import { setTimeout as sleep } from 'node:timers/promises'
import { refusalMessage, toProviderError } from '../errors.ts'
import { RUN_LABEL } from '../labels.ts'
import type { ApiClient } from './client.ts'
import type { ApiObject, ApiResponse, List, Status } from './types.ts'

/** An object that exists. */
export interface CreatedObject {
  readonly object: ApiObject
  /** When the request was sent, on this process's monotonic clock (`performance.now()`), in milliseconds. */
  readonly sentAt: number
}

/** What to create. */
export interface ObjectCreation {
  /** Path of the collection. */
  readonly path: string
  readonly body: object
  /** Checked between attempts only: aborting a request would leave open whether it created the object. */
  readonly signal?: AbortSignal
  /** Receives each refusal after which another attempt follows. */
  onRetry?(reason: string): void
}

const TRANSIENT_RETRY_MS = 30_000
const FIRST_BACKOFF_MS = 10
const MAX_BACKOFF_MS = 500

/**
 * Creates an object, or resolves with the refusal. An existing object with the same name and run label counts as
 * created: an earlier attempt made it and its answer was lost. Retries transient refusals for 30 s.
 */
export async function tryCreateObject(
  client: ApiClient,
  { path, body, signal, onRetry }: ObjectCreation,
): Promise<CreatedObject | ApiResponse> {
  for (let since = performance.now(), attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const sentAt = performance.now()
    const response = await client.call({ method: 'POST', path, body })
    if (response.status < 300) return { object: response.body as ApiObject, sentAt }
    if (response.status === 409 && (response.body as Status).reason === 'AlreadyExists') {
      const existing = await findExisting(client, path, (body as ApiObject).metadata.name)
      if (existing && runLabelOf(existing) === runLabelOf(body)) return { object: existing, sentAt }
    }
    if (!isTransient(response) || performance.now() - since > TRANSIENT_RETRY_MS) return response
    onRetry?.(refusalMessage(response))
    const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 1.3 ** attempt)
    await sleep(delayMs, undefined, signal ? { signal } : {}).catch(() => {})
  }
}

/** As {@link tryCreateObject}, but throws the error of `toProviderError` for a refusal. */
export async function createObject(client: ApiClient, creation: ObjectCreation): Promise<CreatedObject> {
  const result = await tryCreateObject(client, creation)
  if ('object' in result) return result
  throw toProviderError({ method: 'POST', path: creation.path }, result)
}

/** Lists instead of getting: the documented role allows to list pods, but not to get one. */
async function findExisting(client: ApiClient, path: string, name: string): Promise<ApiObject | undefined> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` })
  const listed = await client.call({ method: 'GET', path: `${path}?${query}` })
  if (listed.status === 200) return (listed.body as List<ApiObject>).items?.[0]
  // Jobs and Leases may be patched where they may not be listed. This patch changes nothing.
  const patched = await client.call({ method: 'PATCH', path: `${path}/${name}`, body: {} })
  return patched.status === 200 ? (patched.body as ApiObject) : undefined
}

function runLabelOf(object: unknown): string | undefined {
  return (object as ApiObject).metadata.labels?.[RUN_LABEL]
}

/**
 * Refusals that pass without intervention: a new namespace without its default service account
 * (kubernetes/kubernetes#66689), and a conflict or a missing status of a quota (#67761).
 */
function isTransient(response: ApiResponse): boolean {
  const message = refusalMessage(response)
  if (response.status === 403)
    return /serviceaccount "?(default|moorage\.deleter)"? not found|status unknown for quota/.test(message)
  return response.status === 409 && /resourcequotas/.test(message)
}
