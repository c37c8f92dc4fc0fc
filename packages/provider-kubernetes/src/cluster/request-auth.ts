import { readFileSync } from 'node:fs'
import { messageOf, MoorageError } from '@moorage/core/provider'
import type { ExecCredential } from './exec-plugin.ts'
import type { KubeCluster, KubeUser } from './kubeconfig.ts'

/** TLS and authentication options of an HTTP request. */
export interface RequestAuth {
  readonly headers: { readonly [name: string]: string | readonly string[] }
  readonly [option: string]: unknown
}

/**
 * What a cluster and a user add to each request. Inline data counts before a file, and the content of a token file
 * before a token. Throws MoorageError (PROVIDER_UNAVAILABLE) when a file cannot be read.
 *
 * Source: client-go, tools/clientcmd/client_config.go and transport/round_trippers.go.
 */
export function requestAuth(cluster: KubeCluster, user: KubeUser, credential: ExecCredential = {}): RequestAuth {
  const authorization = authorizationOf(user, credential)
  return {
    ...tlsOptions(cluster, user, credential),
    headers: { ...(authorization ? { Authorization: authorization } : {}), ...impersonation(user) },
  }
}

function tlsOptions(cluster: KubeCluster, user: KubeUser, credential: ExecCredential): object {
  if (cluster.server.startsWith('http:')) return {}
  const ca = dataOrFile(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const cert =
    credential.clientCertificateData ?? dataOrFile(user['client-certificate-data'], user['client-certificate'])
  const key = credential.clientKeyData ?? dataOrFile(user['client-key-data'], user['client-key'])
  const servername = cluster['tls-server-name']
  return {
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(servername ? { servername } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
  }
}

function authorizationOf(user: KubeUser, credential: ExecCredential): string | undefined {
  const token = (user.tokenFile && readFile(user.tokenFile).toString('utf8').trim()) || user.token || credential.token
  if (token) return `Bearer ${token}`
  if (!user.username) return undefined
  return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
}

/** Source: kubernetes.io, "User impersonation". */
function impersonation(user: KubeUser): { readonly [name: string]: string | readonly string[] } {
  if (!user.as) return {}
  const extra = Object.entries(user['as-user-extra'] ?? {}).map(
    ([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values] as const,
  )
  return {
    'Impersonate-User': user.as,
    ...(user['as-uid'] ? { 'Impersonate-Uid': user['as-uid'] } : {}),
    ...(user['as-groups']?.length ? { 'Impersonate-Group': user['as-groups'] } : {}),
    ...Object.fromEntries(extra),
  }
}

function dataOrFile(data: string | undefined, file: string | undefined): Buffer | undefined {
  if (data) return Buffer.from(data, 'base64')
  return file ? readFile(file) : undefined
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new MoorageError(
      'PROVIDER_UNAVAILABLE',
      `The kubeconfig names a file that cannot be read: ${messageOf(cause)}.`,
      {
        provider: 'kubernetes',
        hint: 'Show the kubeconfig with: kubectl config view',
        cause,
      },
    )
  }
}
