import type { Report } from '@moorage/core/provider'
import type { ApiObject, List } from '../api/types.ts'
import type { Client } from '../api/client.ts'
import { RUN } from '../labels.ts'

interface Namespace extends ApiObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
  }
}

// Milliseconds by the API server's clock; ten thousand are usual.
const LONG = 60_000
const MOST = 3

/** Says what holds up namespaces of ours that should be gone by now; a finalizer is for whoever set it to take off. */
export async function reportStuckNamespaces(
  client: Client,
  report: Pick<Report, 'notice'>,
  { signal, long = LONG }: { readonly signal: AbortSignal; readonly long?: number },
): Promise<void> {
  const answer = await client.call({
    method: 'GET',
    path: `/api/v1/namespaces?${new URLSearchParams({ labelSelector: RUN, limit: '500' })}`,
    signal,
  })
  const { date } = answer
  if (answer.status !== 200 || date === undefined) return
  const stuck = ((answer.body as List<Namespace>).items ?? []).filter(
    ({ metadata }) => metadata.deletionTimestamp !== undefined && date - Date.parse(metadata.deletionTimestamp) > long,
  )
  for (const { metadata, status } of stuck.slice(0, MOST)) {
    const blocking = (status?.conditions ?? []).filter(
      (condition) => condition.status === 'True' && /^Namespace(Deletion|\w+Remaining$)/.test(condition.type),
    )
    const said = blocking.map(({ type, message = '' }) => `${message.replace(/\.$/, '')} (${type})`).join('; ')
    const broken = blocking.some(({ type }) => /Discovery|GroupVersion/.test(type))
    const minutes = Math.round((date - Date.parse(metadata.deletionTimestamp ?? '')) / 60_000)
    const look = broken ? 'kubectl get apiservices' : `kubectl get namespace ${metadata.name} -o yaml`
    report.notice(
      `Namespace ${metadata.name} of an earlier run has been going for ${minutes} min: ${said || 'the cluster does not say why'}. It is left to whoever holds it up: ${look}`,
    )
  }
}
