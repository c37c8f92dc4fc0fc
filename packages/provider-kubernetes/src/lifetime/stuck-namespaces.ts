import type { Report } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiObject, List } from '../api/types.ts'
import { RUN_LABEL } from '../labels.ts'

interface Namespace extends ApiObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
  }
}

// By the API server's clock. A deletion usually takes 10 s.
const DEFAULT_STUCK_AFTER_MS = 60_000
const MAX_REPORTED = 3

/**
 * Reports what blocks the deletion of namespaces of earlier runs. Removes no finalizer: that is the job of the
 * component that set it. `stuckAfterMs`: milliseconds since the deletion request, 60,000 by default.
 */
export async function reportStuckNamespaces(
  client: ApiClient,
  report: Pick<Report, 'notice'>,
  { signal, stuckAfterMs = DEFAULT_STUCK_AFTER_MS }: { readonly signal: AbortSignal; readonly stuckAfterMs?: number },
): Promise<void> {
  const response = await client.call({
    method: 'GET',
    path: `/api/v1/namespaces?${new URLSearchParams({ labelSelector: RUN_LABEL, limit: '500' })}`,
    signal,
  })
  const { date: now } = response
  if (response.status !== 200 || now === undefined) return
  const stuck = ((response.body as List<Namespace>).items ?? []).filter(
    ({ metadata: { deletionTimestamp } }) =>
      deletionTimestamp !== undefined && now - Date.parse(deletionTimestamp) > stuckAfterMs,
  )
  for (const namespace of stuck.slice(0, MAX_REPORTED)) report.notice(stuckNotice(namespace, now))
}

function stuckNotice({ metadata, status }: Namespace, now: number): string {
  // Source: Kubernetes, NamespaceStatus: NamespaceDeletionDiscoveryFailure, NamespaceContentRemaining and others.
  const blocking = (status?.conditions ?? []).filter(
    (condition) => condition.status === 'True' && /^Namespace(Deletion|\w+Remaining$)/.test(condition.type),
  )
  const causes = blocking.map(({ type, message = '' }) => `${message.replace(/\.$/, '')} (${type})`).join('; ')
  const apiUnavailable = blocking.some(({ type }) => /Discovery|GroupVersion/.test(type))
  const minutes = Math.round((now - Date.parse(metadata.deletionTimestamp ?? '')) / 60_000)
  const command = apiUnavailable ? 'kubectl get apiservices' : `kubectl get namespace ${metadata.name} -o yaml`
  return (
    `Namespace ${metadata.name} of an earlier run has been terminating for ${minutes} min: ` +
    `${causes || 'the cluster reports no cause'}. Only the component that blocks the deletion can complete it. ` +
    `Inspect it with: ${command}`
  )
}
