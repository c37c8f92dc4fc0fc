import { serviceHostName, type ContainerUnit } from '@moorage/core/provider'
import { runLabels, SERVICE_LABEL } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import { EVICTION_OPT_OUTS, INJECTION_OPT_OUTS } from './container-status.ts'
import { folderVolumes, prepareFolders } from './prepare-folders.ts'
import { mainContainer } from './main-container.ts'
import type { PodManifestInput } from './manifest-input.ts'
import { dnsFields, hostAliases } from './dns-fields.ts'
import { podNames } from './pod-names.ts'
import { nodePlatform } from './platform.ts'
import { ALIAS_LABEL_PREFIX, podMetadata } from './pod-labels.ts'
import { podContainers } from './preparing-container.ts'
import { podSecurityContext } from './security.ts'

// The longest retention of a run and one hour: the last limit on a pod's computing time.
const MAX_POD_LIFETIME_SECONDS = 25 * 60 * 60
export const DEFAULT_STOP_GRACE_SECONDS = 1

// `unless-stopped` differs only after a restart of the engine.
const RESTART_POLICIES = {
  no: 'Never',
  always: 'Always',
  'on-failure': 'OnFailure',
  'unless-stopped': 'Always',
} as const

/** A bare pod: by default its first exit is final, and it needs the fewest permissions. */
export function podManifest(input: PodManifestInput): object {
  const { run, spec, name, namespace, owner, options, delivery, folders, dns, hostAddress, pullSecret } = input
  const unit = spec.container as ContainerUnit
  const { serviceAccount } = options
  const resolution = { run, namespace, dns, unit, hostAddress }
  const steps = [prepareFolders(folders), delivery.initStep].filter((step) => step !== undefined)
  const { hostName, aliases } = podNames(spec.name, unit)
  const { labels, annotations } = podMetadata(unit.labels)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: {
        ...INJECTION_OPT_OUTS,
        ...labels,
        ...Object.fromEntries(aliases.map((alias) => [`${ALIAS_LABEL_PREFIX}${alias}`, 'true'])),
        ...runLabels(run),
        [SERVICE_LABEL]: serviceHostName(spec.name),
      },
      annotations: { ...INJECTION_OPT_OUTS, ...EVICTION_OPT_OUTS, ...annotations },
      ownerReferences: [owner],
    },
    spec: {
      restartPolicy: RESTART_POLICIES[unit.restart ?? 'no'],
      terminationGracePeriodSeconds: unit.stopGrace ?? DEFAULT_STOP_GRACE_SECONDS,
      activeDeadlineSeconds: MAX_POD_LIFETIME_SECONDS,
      // Docker-style variables of each Service in the namespace, which override the variables of some images.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      hostname: hostName,
      subdomain: run.id,
      ...dnsFields(resolution),
      ...hostAliases(resolution),
      ...sharedNamespaces(unit),
      securityContext: podSecurityContext(unit),
      ...podContainers(mainContainer(input), steps, input.preparation),
      volumes: [...folderVolumes(folders), ...delivery.volumes],
      ...schedulingFields(withPullSecret(options, pullSecret), nodePlatform(unit.platform)),
      ...(serviceAccount ? { serviceAccountName: serviceAccount } : {}),
    },
  }
}

/**
 * In a shared process namespace, the pause container is process 1: it reaps children, and signals reach a main process
 * that installs no handler. Beside the node's processes, the node does that.
 */
function sharedNamespaces({ init, pidMode, ipcMode }: ContainerUnit): object {
  return {
    ...(pidMode === 'host' ? { hostPID: true } : init ? { shareProcessNamespace: true } : {}),
    ...(ipcMode === 'host' ? { hostIPC: true } : {}),
  }
}

function withPullSecret(options: KubernetesOptions, pullSecret: string | undefined): KubernetesOptions {
  return pullSecret ? { ...options, imagePullSecrets: [...(options.imagePullSecrets ?? []), pullSecret] } : options
}

/** The pod fields for pulling images and choosing a node. `labels` are those of the node's platform. */
export function schedulingFields(
  { imagePullSecrets = [], nodeSelector, tolerations }: KubernetesOptions,
  labels: { readonly [label: string]: string } = {},
): object {
  const selector = { ...nodeSelector, ...labels }
  return {
    ...(imagePullSecrets.length ? { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) } : {}),
    ...(Object.keys(selector).length ? { nodeSelector: selector } : {}),
    ...(tolerations ? { tolerations } : {}),
  }
}
