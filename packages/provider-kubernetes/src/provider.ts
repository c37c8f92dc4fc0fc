import type { Json, JsonObject, Provider, Report, Run, Session, Unit } from '@moorage/core/provider'
import { checkService } from './pod/check-pod-settings.ts'
import { findPodDns } from './cluster/cluster-dns.ts'
import { findOwnerPod, ownAddresses } from './cluster/owner-pod.ts'
import { selectCluster, type Cluster, type ClusterSelection } from './cluster/select-cluster.ts'
import { clusterChecks } from './doctor/cluster-checks.ts'
import { hostAccessProblem, hostPortProxies } from './host-access.ts'
import { imageStores } from './cluster/image-stores.ts'
import { ImageHealthChecks } from './image/image-health-check.ts'
import { openRunNamespace, type RunNamespace, type RunNamespaceOptions } from './lifetime/run-namespace.ts'
import { reportStuckNamespaces } from './lifetime/stuck-namespaces.ts'
import { SettingNotices } from './pod/setting-notices.ts'
import type { KubernetesOptions } from './options.ts'
import { accessManifest } from './rbac/access-manifest.ts'
import { reap, removeJournaled } from './reap.ts'
import { renderObjects } from './render.ts'
import { PendingReason } from './api/wait-reason.ts'
import { startUnit, type SessionContext } from './start.ts'

/** The provider behind `kubernetes()`; implements the core's provider contract. */
export function provider(given: JsonObject, { root }: { readonly root: string }): Provider {
  const options = given as KubernetesOptions
  let selection: Promise<ClusterSelection> | undefined
  const select = async (signal: AbortSignal): Promise<ClusterSelection> => {
    selection ??= selectCluster({ options, env: process.env, root }, signal)
    const current = selection
    // A failure is not final: the next call tries again.
    const retry = (): void => void (selection = selection === current ? undefined : selection)
    const selected = await current.catch((error: unknown) => {
      retry()
      throw error
    })
    if (!selected.cluster) retry()
    return selected
  }
  const requireCluster = async (signal: AbortSignal): Promise<Cluster> => {
    const { cluster, probe } = await select(signal)
    if (!cluster) throw new RangeError(probe.ok ? '' : probe.reason)
    return cluster
  }
  return {
    name: 'kubernetes',
    form: 'container',
    probe: async (signal) => (await select(signal)).probe,
    open: async (run, report, signal) => openSession(await requireCluster(signal), { run, report, options, signal }),
    check: async (service, _spec, services) =>
      await checkService({ service, services, cluster: (await selection?.catch(() => undefined))?.cluster }),
    hostAccess: async () => hostAccessProblem((await requireCluster(new AbortController().signal)).credentials),
    imageStores: async (signal) =>
      await imageStores(await requireCluster(signal), { options, env: process.env }, signal),
    render: (run, units) => renderObjects({ options, env: process.env, run }, units),
    async reap(scope, signal) {
      const { cluster } = await select(signal)
      return cluster ? await reap(cluster, scope, signal) : []
    },
    accessManifest,
    checks: clusterChecks({ options, env: process.env, select }),
  }
}

interface SessionOptions {
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly signal: AbortSignal
}

function openSession(cluster: Cluster, { run, report: givenReport, options, signal }: SessionOptions): Session {
  const { client, policy, credentials } = cluster
  const journaled: Json[] = []
  const report: Report = {
    ...givenReport,
    journal(entry) {
      givenReport.journal(entry)
      journaled.push(entry)
    },
  }
  client.onRetry(report.notice)
  credentials.onNotice(report.notice)
  const opening = new PendingReason()
  const onRetry = (reason: string): void => opening.add(reason)
  const namespace = openOwnedNamespace(cluster, { policy, run, report, options, signal, onRetry })
  const dns = findPodDns(cluster, signal)
  // Every start awaits both and reports their failure.
  namespace.catch(() => {})
  dns.catch(() => {})
  if (policy.mode === 'shared' && options.deleter)
    report.notice(`kubernetes({ deleter }) has no effect: runs share namespace ${policy.namespace}, which stays.`)
  if (policy.mode === 'create')
    void namespace.then(() => reportStuckNamespaces(client, report, { signal })).catch(() => {})
  const proxies = hostPortProxies(credentials, namespace)
  const context: SessionContext = {
    client,
    report,
    options,
    namespace,
    opening,
    dns,
    hostPortProxies: proxies,
    routeOptions: { reach: options.reach ?? 'auto', inCluster: credentials.inCluster, report },
    startCounts: new Map(),
    notices: new SettingNotices(report),
    imageHealthChecks: new ImageHealthChecks(),
    kubectlOptions: credentials.inCluster ? [] : ['--context', credentials.context],
  }
  const units = new Set<Promise<Unit>>()
  return {
    async start(spec, unitSignal) {
      const starting = startUnit(context, spec, unitSignal)
      units.add(starting)
      return await starting
    },
    hostAddress: () => Promise.resolve('127.0.0.1'),
    expose: (port) => proxies.expose(port),
    async keep(ms) {
      const { livenessObject } = await namespace
      await livenessObject.extend(ms)
    },
    async close() {
      await proxies.close()
      const opened = await namespace.catch(() => undefined)
      opened?.background.abort()
      opened?.livenessObject.stopHeartbeat()
      const deletingNamespace = opened?.deleteWhole?.()
      deletingNamespace?.catch(() => {})
      const started = await Promise.allSettled(units)
      await Promise.all(started.map((unit) => (unit.status === 'fulfilled' ? unit.value.stop() : undefined)))
      if (opened) await (deletingNamespace ?? opened.livenessObject.delete())
      // The namespace did not open, but some of its objects may exist.
      else for (const entry of journaled) await removeJournaled(client, { run: run.id, owner: run.owner, entry })
    },
  }
}

/** Opens the namespace of a run, owned by this pod where there is one. */
async function openOwnedNamespace(
  { client, credentials }: Cluster,
  options: Omit<RunNamespaceOptions, 'ownerPod'>,
): Promise<RunNamespace> {
  const { policy, signal } = options
  const { namespace } = policy
  // An owner must be in the same namespace as the objects that it owns.
  const sameNamespace = credentials.inCluster && policy.mode === 'shared' && namespace === credentials.namespace
  const ownerPod = sameNamespace
    ? await findOwnerPod(client, { namespace, env: process.env, addresses: ownAddresses() }, signal)
    : { ownerReferences: [], labels: {} }
  return await openRunNamespace(client, { ...options, ownerPod })
}
