import type { ApiClient } from '../api/client.ts'
import type { ApiResponse } from '../api/types.ts'

/** What a dry run sends: an object to a collection. */
export interface DryRunCreation {
  /** Path of the collection. */
  readonly path: string
  readonly body: object
}

/**
 * Sends an object through the whole admission of the API server, which does not store it. Source: Kubernetes API
 * concepts, "Dry-run".
 */
export async function dryRunCreate(
  client: ApiClient,
  { path, body }: DryRunCreation,
  signal: AbortSignal,
): Promise<ApiResponse> {
  return await client.call({ method: 'POST', path: `${path}?dryRun=All`, body, signal })
}
