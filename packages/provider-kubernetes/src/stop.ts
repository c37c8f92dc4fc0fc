import type { ApiClient } from './api/client.ts'
import { closeRoute, type Route } from './endpoint.ts'
import { toProviderError } from './errors.ts'

/** An object to delete. */
export interface ObjectRef {
  readonly namespace: string
  readonly kind: 'pods' | 'secrets' | 'services'
  readonly name: string
  readonly uid: string
  /**
   * For a pod: seconds between the stop signal and the kill. Default: the pod's own. With 0, the process could outlive
   * its object.
   */
  readonly stopGraceSeconds?: number
}

/** What a started service consists of. */
export interface UnitResources {
  readonly route: Route
  /** The pod and its Secrets. */
  readonly objects: readonly ObjectRef[]
}

/** Closes the route of a service and deletes its objects. Resolves when the API server has accepted all deletions. */
export async function stopUnit(client: ApiClient, { route, objects }: UnitResources): Promise<void> {
  await Promise.all([closeRoute(route), ...objects.map((object) => deleteObject(client, object))])
}

/**
 * Resolves when the API server has accepted the deletion; false when the object no longer exists.
 *
 * Throws the error of `toProviderError` for any other refusal.
 */
export async function deleteObject(
  client: ApiClient,
  { namespace, kind, name, uid, stopGraceSeconds }: ObjectRef,
): Promise<boolean> {
  const gracePeriod = stopGraceSeconds === undefined ? {} : { gracePeriodSeconds: stopGraceSeconds }
  const request = {
    method: 'DELETE' as const,
    path: `/api/v1/namespaces/${namespace}/${kind}/${name}`,
    body: { ...gracePeriod, preconditions: { uid } },
  }
  const response = await client.call(request)
  // 409: the object of this name has another UID.
  if (response.status === 404 || response.status === 409) return false
  if (response.status >= 300) throw toProviderError(request, response)
  return true
}
