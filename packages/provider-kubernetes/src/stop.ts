import { apiError } from './errors.ts'
import type { Client } from './api/client.ts'

export interface ObjectRef {
  readonly namespace: string
  readonly kind: 'pods' | 'secrets' | 'services'
  readonly name: string
  readonly uid: string
  /** Seconds between the stop signal and the kill; 0 would let the process outlive its object. */
  readonly grace?: number
}

/** Resolves when the API server has accepted the deletion; gives false for what was gone already. */
export async function deleteObject(client: Client, { namespace, kind, name, uid, grace }: ObjectRef): Promise<boolean> {
  const request = {
    method: 'DELETE' as const,
    path: `/api/v1/namespaces/${namespace}/${kind}/${name}`,
    body: { ...(grace === undefined ? {} : { gracePeriodSeconds: grace }), preconditions: { uid } },
  }
  const answer = await client.call(request)
  // 409: another object of that name, which is not ours.
  if (answer.status === 404 || answer.status === 409) return false
  if (answer.status >= 300) throw apiError(request, answer)
  return true
}
