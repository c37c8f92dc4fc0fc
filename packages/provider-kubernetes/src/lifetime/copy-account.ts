import { MoorageError, type Run } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { createObject } from '../api/create-object.ts'
import type { ApiObject } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import { runLabels } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'

interface ServiceAccount extends ApiObject {
  readonly imagePullSecrets?: readonly { readonly name: string }[]
}

interface PullSecret extends ApiObject {
  readonly type?: string
  readonly data?: { readonly [key: string]: string }
}

/** What a namespace per run needs of another namespace. */
export interface AccountSource {
  readonly account?: ServiceAccount
  readonly pullSecrets: readonly PullSecret[]
}

type AccountOptions = Pick<KubernetesOptions, 'serviceAccount' | 'imagePullSecrets'>

// Every namespace has it.
const DEFAULT_ACCOUNT = 'default'
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Reads the service account and the pull secrets that the options name, and those of the account, in the namespace of
 * the context. A namespace per run is new and has none of them.
 *
 * Throws MoorageError (PROVIDER_UNAVAILABLE) when one of them does not exist or may not be read.
 */
export async function readAccountSource(
  client: ApiClient,
  { serviceAccount, imagePullSecrets = [] }: AccountOptions,
  { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<AccountSource> {
  const read = async <T>(kind: string, name: string, option: string): Promise<T> => {
    const request = { method: 'GET' as const, path: `/api/v1/namespaces/${namespace}/${kind}/${name}`, signal }
    const response = await client.call(request)
    if (response.status === 403 || response.status === 404)
      throw unusable({ option, kind, name, namespace, isMissing: response.status === 404 })
    return expectBody<T>(request, response)
  }
  const isCopied = serviceAccount !== undefined && serviceAccount !== DEFAULT_ACCOUNT
  const account = isCopied
    ? await read<ServiceAccount>('serviceaccounts', serviceAccount, `serviceAccount: '${serviceAccount}'`)
    : undefined
  const names = new Set([...imagePullSecrets, ...(account?.imagePullSecrets ?? []).map(({ name }) => name)])
  const pullSecrets = await Promise.all(
    [...names].map((name) => {
      const isOption = imagePullSecrets.includes(name)
      const option = isOption ? `imagePullSecrets: ['${name}']` : `serviceAccount: '${serviceAccount}'`
      return read<PullSecret>('secrets', name, option)
    }),
  )
  return { ...(account ? { account } : {}), pullSecrets }
}

interface Unusable {
  readonly option: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly isMissing: boolean
}

function unusable({ option, kind, name, namespace, isMissing }: Unusable): MoorageError {
  const problem = isMissing ? 'does not exist' : 'may not be read by this user'
  const share = `share that namespace with kubernetes({ namespace: '${namespace}' })`
  const hint = isMissing
    ? `Create it there, or ${share}.`
    : `Ask an administrator to grant get on ${kind}, or ${share}.`
  return new MoorageError(
    'PROVIDER_UNAVAILABLE',
    `Provider kubernetes: kubernetes({ ${option} }) needs a copy of ${kind}/${name} of namespace ` +
      `${namespace} in the namespace of the run, but it ${problem}.`,
    { provider: 'kubernetes', hint },
  )
}

interface CopyTarget {
  readonly run: Run
  readonly namespace: string
  /** Owner reference of the liveness object. */
  readonly owner: object
  readonly signal: AbortSignal
  onRetry?(reason: string): void
}

/** Creates copies in the namespace of a run. Throws MoorageError when the API server refuses one. */
export async function copyAccount(
  client: ApiClient,
  { account, pullSecrets }: AccountSource,
  { run, namespace, owner, signal, onRetry }: CopyTarget,
): Promise<void> {
  const create = async (kind: string, body: object): Promise<void> => {
    const path = `/api/v1/namespaces/${namespace}/${kind}`
    await createObject(client, { path, body, signal, ...(onRetry ? { onRetry } : {}) })
  }
  const metadataOf = (name: string): object => ({ name, labels: runLabels(run), ownerReferences: [owner] })
  const copies = pullSecrets.map(({ metadata: { name }, type, data = {} }) =>
    create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: metadataOf(name), type, data }),
  )
  if (account) {
    const { name, annotations = {} } = account.metadata
    const { [LAST_APPLIED_ANNOTATION]: _, ...copied } = annotations
    copies.push(
      create('serviceaccounts', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { ...metadataOf(name), annotations: copied },
        imagePullSecrets: account.imagePullSecrets ?? [],
        automountServiceAccountToken: false,
      }),
    )
  }
  await Promise.all(copies)
}
