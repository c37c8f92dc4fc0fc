import {
  MoorageError,
  readFileTrees,
  type ContainerUnit,
  type FileTree,
  type HostPortProxies,
  type Report,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import { refuseTakenName, type PodDns } from './cluster/cluster-dns.ts'
import { openRoute, type RouteOptions } from './endpoint.ts'
import type { FixedPort } from './forward/listener.ts'
import { canMountFiles, deliverFiles, mountFiles } from './files.ts'
import type { ImageHealthChecks } from './image/image-health-check.ts'
import type { RunNamespace } from './lifetime/run-namespace.ts'
import type { KubernetesOptions } from './options.ts'
import type { PendingReason } from './api/wait-reason.ts'
import type { SettingNotices } from './pod/setting-notices.ts'
import { createAliasServices, createAliasSlice } from './pod/alias-services.ts'
import { createPod } from './pod/create-pod.ts'
import { podFolders, prepareFolders, type PodFolder } from './pod/prepare-folders.ts'
import { podName, podNames } from './pod/pod-names.ts'
import type { PodRef } from './pod/pod-ref.ts'
import { canPrepareBeside, isPreparedBeside, type Preparation } from './pod/preparing-container.ts'
import { isInitError, lacksShell } from './pod/start-errors.ts'
import { waitUntilStarted } from './pod/wait-started.ts'
import { stopUnit, type ObjectRef } from './stop.ts'
import { createUnit } from './unit.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly client: ApiClient
  readonly report: Report
  readonly options: KubernetesOptions
  readonly namespace: Promise<RunNamespace>
  /** What `namespace` waits for. */
  readonly opening: PendingReason
  readonly dns: Promise<PodDns>
  readonly hostPortProxies: HostPortProxies
  readonly routeOptions: RouteOptions
  /** Number of starts by service. */
  readonly startCounts: Map<string, number>
  readonly notices: SettingNotices
  readonly imageHealthChecks: ImageHealthChecks
  /** Options of kubectl that select the cluster. */
  readonly kubectlOptions: readonly string[]
}

/**
 * Starts a service as a bare pod. Resolves when its container has started, whether or not the service is ready. A start
 * that fails deletes what it created.
 *
 * Throws MoorageError (START_FAILED, IMAGE_NOT_FOUND, CONFIG_INVALID, PROVIDER_LOST), or the reason of the signal.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { client, report } = context
  signal.throwIfAborted()
  const unsubscribe = context.opening.subscribe((reason) => report.phase(spec.name, 'admit', reason))
  const runNamespace = await context.namespace.finally(unsubscribe)
  const dns = await context.dns
  const unit = spec.container as ContainerUnit
  if (runNamespace.mode === 'shared' && !dns.nameservers) {
    const { namespace } = runNamespace
    const { hostName, aliases } = podNames(spec.name, unit)
    for (const name of [hostName, ...aliases])
      await refuseTakenName(client, { service: spec.name, hostName: name, namespace }, signal)
  }
  context.notices.add(spec.name, unit, { isRestart: context.startCounts.has(spec.name) })
  signal.throwIfAborted()
  const start = { spec, runNamespace, dns, fileTrees: readFileTrees(unit.files), folders: podFolders(unit) }
  const withShell = async (): Promise<Unit> => {
    if (canPrepareBeside(unit)) {
      try {
        return await startPod(context, { ...start, preparation: 'beside' }, signal)
      } catch (error) {
        // An init container keeps the main container from starting, and its end has a cause.
        if (!isInitError(error) || lacksShell(error)) throw error
      }
    }
    return await startPod(context, { ...start, preparation: 'before' }, signal)
  }
  try {
    return await withShell()
  } catch (error) {
    if (!lacksShell(error)) throw error
    if (!canMountFiles(start.fileTrees)) throw error
    reportUnprepared(context, start)
    return await startPod(context, { ...start, preparation: 'none' }, signal)
  }
}

interface PodStart {
  readonly spec: UnitSpec
  readonly runNamespace: RunNamespace
  readonly dns: PodDns
  readonly fileTrees: readonly FileTree[]
  readonly folders: readonly PodFolder[]
  readonly preparation: Preparation
}

async function startPod(
  context: SessionContext,
  { spec, runNamespace, dns, fileTrees, folders, preparation }: PodStart,
  signal: AbortSignal,
): Promise<Unit> {
  const { client, routeOptions } = context
  const unit = spec.container as ContainerUnit
  const pod = nextPodName(context, runNamespace, spec.name)
  const ref: PodRef = {
    service: spec.name,
    image: unit.image,
    pod,
    namespace: runNamespace.namespace,
    ...(fileTrees.length ? {} : { initSetting: prepareFolders(folders)?.setting ?? 'files' }),
  }
  const delivery = preparation === 'none' ? mountFiles(fileTrees, pod) : deliverFiles(fileTrees, pod)
  const fixedPorts = fixedHostPorts(spec)
  const route = await openRoute(client, { ...ref, ports: Object.values(spec.ports), fixedPorts }, routeOptions)
  const objects: ObjectRef[] = []
  const resources = { route, objects }
  try {
    const creation = { spec, ref, runNamespace, dns, delivery, folders, preparation, objects }
    const [created] = await Promise.all([
      createPod(context, creation, signal),
      nameInOwnNamespace(context, creation, signal),
    ])
    const { uid } = created.metadata
    const { informer } = runNamespace
    const preparedBeside = isPreparedBeside(created)
    await waitUntilStarted(context, { ref, uid, informer, delivery, preparedBeside }, signal)
    await nameInSharedNamespace(context, { ...creation, uid }, signal)
    const { imageHealthChecks, kubectlOptions } = context
    return createUnit(client, { ref, uid, informer, resources, imageHealthChecks, kubectlOptions })
  } catch (error) {
    await stopUnit(client, resources)
    throw error
  }
}

/** A restarted service gets a new name, because a stopped pod keeps its name until it has ended. No key has a dot. */
function nextPodName({ startCounts }: SessionContext, { mode, run }: RunNamespace, service: string): string {
  const count = (startCounts.get(service) ?? 0) + 1
  startCounts.set(service, count)
  return `${podName(mode, run, service)}${count > 1 ? `.${count}` : ''}`
}

interface NamedStart extends Pick<PodStart, 'spec' | 'runNamespace'> {
  readonly ref: PodRef
}

async function nameInOwnNamespace(
  { client }: SessionContext,
  { spec, runNamespace }: NamedStart,
  signal: AbortSignal,
): Promise<void> {
  const { mode, run, namespace, livenessObject } = runNamespace
  const { aliases } = podNames(spec.name, spec.container as ContainerUnit)
  if (mode === 'create')
    await createAliasServices(client, { run, namespace, aliases, owner: livenessObject.reference }, signal)
}

async function nameInSharedNamespace(
  { client }: SessionContext,
  { spec, runNamespace, ref: { pod }, uid }: NamedStart & { readonly uid: string },
  signal: AbortSignal,
): Promise<void> {
  const { mode, run, namespace, informer } = runNamespace
  const { aliases } = podNames(spec.name, spec.container as ContainerUnit)
  if (mode !== 'shared' || !aliases.length) return
  const address = await informer.waitFor(uid, ({ pod: seen }) => seen?.status?.podIP, signal)
  const owner = { apiVersion: 'v1', kind: 'Pod', name: pod, uid }
  await createAliasSlice(client, { run, namespace, aliases, owner, pod, address }, signal)
}

/** The fixed port numbers of this machine, by the port of the pod. */
function fixedHostPorts({ ports, container }: UnitSpec): ReadonlyMap<number, FixedPort> {
  return new Map(
    Object.entries(container?.hostPorts ?? {}).flatMap(([name, localPort]) => {
      const port = ports[name]
      return port === undefined ? [] : [[port, { name, localPort }] as const]
    }),
  )
}

/** Without a shell in the image, nothing prepares folders: that is an error for a mode, and a notice for a volume. */
function reportUnprepared({ report }: SessionContext, { spec, folders }: Pick<PodStart, 'spec' | 'folders'>): void {
  const at = `services.${spec.name}`
  const prepared = folders.filter(({ preparation }) => preparation)
  const withMode = prepared.find(({ preparation }) => preparation && 'mode' in preparation)
  if (withMode)
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `${at}.tmpfs: a pod cannot give ${withMode.path} its mode, because its image has no shell.`,
      { service: spec.name, provider: 'kubernetes', hint: 'Remove the mode; every user may write to the folder.' },
    )
  for (const { path } of prepared)
    report.notice(
      `${at}.volumes: the volume at ${path} starts empty, without the content that the image has there, because the ` +
        'image has no shell that could copy it.',
    )
}
