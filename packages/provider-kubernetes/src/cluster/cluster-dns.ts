import { readFileSync } from 'node:fs'
import { MoorageError } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { Cluster } from './select-cluster.ts'

/** How pods of a run resolve names. */
export interface PodDns {
  /** The domain of the cluster's Services: `cluster.local` by default. */
  readonly domain: string
  /**
   * The DNS servers of the cluster. With them, the names of the run take precedence over every Service of a shared
   * namespace. Undefined where they are unknown, and where the namespace belongs to the run alone.
   */
  readonly nameservers?: readonly string[]
}

/** Of a cluster that was installed with kubeadm's defaults. */
export const DEFAULT_DOMAIN = 'cluster.local'
// The name on most distributions, whichever server is behind it.
const DNS_SERVICE_PATH = '/api/v1/namespaces/kube-system/services/kube-dns'
// Short, because a run works without the answer.
const LOOKUP_TIMEOUT_MS = 1_500

/**
 * Reads domain and servers from this pod's own resolver, else the domain from the API server's certificate and the
 * server from the Service kube-dns.
 */
export async function findPodDns(
  { client, credentials, policy }: Cluster,
  signal: AbortSignal,
  resolvConf: () => string = readResolvConf,
): Promise<PodDns> {
  const isShared = policy.mode === 'shared'
  const own = credentials.inCluster ? parseResolvConf(resolvConf()) : undefined
  if (own) return isShared ? own : { domain: own.domain }
  const domain = certificateDomain(client.serverNames()) ?? DEFAULT_DOMAIN
  const nameservers = isShared ? await dnsServiceAddresses(client, signal) : []
  return { domain, ...(nameservers.length ? { nameservers } : {}) }
}

/** Domain and servers of a pod with the default DNS policy; undefined for any other resolver. */
export function parseResolvConf(text: string): PodDns | undefined {
  const valuesOf = (keyword: string): readonly string[] =>
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([first]) => first === keyword)
      .flatMap(([, ...values]) => values)
  const domain = valuesOf('search')
    .find((search) => search.startsWith('svc.'))
    ?.replace(/^svc\.|\.$/g, '')
  const nameservers = valuesOf('nameserver')
  return domain && nameservers.length ? { domain, nameservers } : undefined
}

/** The certificate of an API server names its Service: `kubernetes.default.svc.<domain>`. */
export function certificateDomain(serverNames: readonly string[]): string | undefined {
  return serverNames.map((name) => /^kubernetes\.default\.svc\.(.+)$/.exec(name)?.[1]).find(Boolean)
}

function readResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return ''
  }
}

async function dnsServiceAddresses(client: ApiClient, signal: AbortSignal): Promise<readonly string[]> {
  const response = await client
    .call({ method: 'GET', path: DNS_SERVICE_PATH, signal, retryTimeoutMs: LOOKUP_TIMEOUT_MS })
    .catch(() => undefined)
  signal.throwIfAborted()
  if (response?.status !== 200) return []
  const { spec } = response.body as {
    readonly spec?: { readonly clusterIP?: string; readonly clusterIPs?: readonly string[] }
  }
  return (spec?.clusterIPs ?? [spec?.clusterIP ?? 'None']).filter((address) => address !== 'None')
}

export interface NamedService {
  readonly service: string
  readonly hostName: string
  readonly namespace: string
}

/**
 * Throws MoorageError (CONFIG_INVALID) when a shared namespace has a Service with the host name of a service of the
 * run: without the DNS servers of the cluster, its name would come first in every pod.
 */
export async function refuseTakenName(
  client: ApiClient,
  { service, hostName, namespace }: NamedService,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services`
  const found = await client.call({ method: 'GET', path: `${path}/${hostName}`, signal })
  const isTaken = found.status === 403 ? await isRefusedAsExisting(client, path, hostName) : found.status === 200
  if (!isTaken) return
  throw new MoorageError(
    'CONFIG_INVALID',
    `services.${service}: namespace ${namespace} has a Service '${hostName}' that does not belong to ` +
      'this run, and pods would reach it instead of the service.',
    {
      service,
      provider: 'kubernetes',
      phase: 'admit',
      hint:
        `Rename services.${service}, use another namespace, ` +
        'or ask an administrator to allow this user to get Service kube-dns in namespace kube-system; ' +
        'the names of the run then take precedence.',
    },
  )
}

/** Whether a Service exists, for a user who may create Services, but not get them. A dry run stores nothing. */
async function isRefusedAsExisting(client: ApiClient, path: string, name: string): Promise<boolean> {
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { clusterIP: 'None' } }
  return (await client.call({ method: 'POST', path: `${path}?dryRun=All`, body })).status === 409
}
