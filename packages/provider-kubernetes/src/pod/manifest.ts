import {
  HOST_ACCESS_NAME,
  serviceHostName,
  tmpfsMounts,
  type ContainerUnit,
  type JsonObject,
  type Run,
  type UnitSpec,
} from '@moorage/core/provider'
import type { PodDns } from '../cluster/pod-dns.ts'
import type { FileDelivery } from '../files.ts'
import { runLabels, SERVICE_LABEL } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import { INJECTION_OPT_OUTS, MAIN_CONTAINER } from './container-status.ts'

export interface PodManifestInput {
  readonly run: Run
  readonly spec: UnitSpec
  readonly name: string
  readonly namespace: string
  /** Owner reference of the liveness object. */
  readonly owner: object
  readonly options: KubernetesOptions
  readonly delivery: FileDelivery
  /** Name of the Secret with the sensitive variables; undefined where there are none. */
  readonly envSecret: string | undefined
  readonly dns: PodDns
  /** IP address at which the pod reaches the supervisor's machine; undefined without host access. */
  readonly hostAddress: string | undefined
}

// The longest retention of a run and one hour: the last limit on a pod's computing time.
const MAX_POD_LIFETIME_SECONDS = 25 * 60 * 60
const DEFAULT_STOP_GRACE_SECONDS = 1

/** The security context of a container under the restricted policy. Source: Kubernetes, "Pod Security Standards". */
export const RESTRICTED_CONTAINER: object = {
  securityContext: {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

/** A bare pod with `restartPolicy: Never`: its first exit is final, and it needs the fewest permissions. */
export function podManifest(input: PodManifestInput): object {
  const { run, spec, name, owner, options, delivery, hostAddress } = input
  const unit = spec.container as ContainerUnit
  const { serviceAccount } = options
  const { initContainer } = delivery
  const tmpfs = tmpfsMounts(unit).map(({ sizeBytes }, i) => ({
    name: `tmpfs-${i}`,
    emptyDir: { medium: 'Memory', ...(sizeBytes === undefined ? {} : { sizeLimit: `${sizeBytes}` }) },
  }))
  const container = mainContainer(input)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { ...runLabels(run), [SERVICE_LABEL]: serviceHostName(spec.name), ...INJECTION_OPT_OUTS },
      annotations: INJECTION_OPT_OUTS,
      ownerReferences: [owner],
    },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: unit.stopGrace ?? DEFAULT_STOP_GRACE_SECONDS,
      activeDeadlineSeconds: MAX_POD_LIFETIME_SECONDS,
      // Docker-style variables of each Service in the namespace, which override the variables of some images.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      hostname: serviceHostName(spec.name),
      subdomain: run.id,
      ...dnsFields(input),
      securityContext: podSecurityContext(unit.user),
      ...(hostAddress === undefined ? {} : { hostAliases: [{ ip: hostAddress, hostnames: [HOST_ACCESS_NAME] }] }),
      containers: [container],
      ...(initContainer ? { initContainers: [{ ...container, env: [], ports: [], ...initContainer }] } : {}),
      volumes: [...tmpfs, ...delivery.volumes],
      ...schedulingFields(options),
      ...(serviceAccount ? { serviceAccountName: serviceAccount } : {}),
    },
  }
}

/**
 * The names of the run come first where the DNS servers are known. Otherwise the kubelet puts the namespace's Services
 * before them. Source: Kubernetes, "DNS for Services and Pods", pod's DNS policy and config.
 */
function dnsFields({ run, namespace, dns: { domain, nameservers } }: PodManifestInput): object {
  const own = `${run.id}.${namespace}.svc.${domain}`
  if (!nameservers) return { dnsConfig: { searches: [own] } }
  const searches = [own, `${namespace}.svc.${domain}`, `svc.${domain}`, domain]
  return { dnsPolicy: 'None', dnsConfig: { nameservers, searches, options: [{ name: 'ndots', value: '5' }] } }
}

/** The pod fields for pulling images and choosing a node. */
export function schedulingFields({ imagePullSecrets = [], nodeSelector, tolerations }: KubernetesOptions): object {
  return {
    ...(imagePullSecrets.length ? { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) } : {}),
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(tolerations ? { tolerations } : {}),
  }
}

function mainContainer({ spec, options, delivery, envSecret }: PodManifestInput): object {
  const unit = spec.container as ContainerUnit
  return {
    name: MAIN_CONTAINER,
    image: unit.image,
    imagePullPolicy: 'IfNotPresent',
    // Kubernetes calls an image's entrypoint `command`, and its command `args`.
    ...(unit.entrypoint ? { command: unit.entrypoint.map(escapeReferences) } : {}),
    ...(unit.command ? { args: unit.command.map(escapeReferences) } : {}),
    ...(unit.workingDir === undefined ? {} : { workingDir: unit.workingDir }),
    env: Object.entries(spec.env).map(([name, value]) =>
      spec.sensitive.includes(name) && envSecret
        ? { name, valueFrom: { secretKeyRef: { name: envSecret, key: name } } }
        : { name, value: escapeReferences(value) },
    ),
    ports: Object.values(spec.ports).map((containerPort) => ({ containerPort })),
    securityContext: {
      allowPrivilegeEscalation: false,
      ...(isNonRoot(unit.user) ? { capabilities: { drop: ['ALL'] } } : {}),
    },
    volumeMounts: [
      // Files for the folder itself are in a volume already.
      ...tmpfsMounts(unit)
        .map(({ path: mountPath }, i) => ({ name: `tmpfs-${i}`, mountPath }))
        .filter(({ mountPath }) => !delivery.mounts.some((mount) => mount.mountPath === mountPath)),
      ...delivery.mounts,
    ],
    resources: (options.resources ?? {}) as JsonObject,
  }
}

/**
 * Keeps Kubernetes from expanding `$(NAME)` in a text: `$$` stands for one `$`.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
 */
function escapeReferences(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function isNonRoot(user: string | undefined): boolean {
  return user !== undefined && Number(user.split(':')[0]) > 0
}

/** The restricted policy, as far as the user is known: an image without a given user may run as root. */
function podSecurityContext(user: string | undefined): object {
  const seccompProfile = { type: 'RuntimeDefault' }
  if (user === undefined) return { seccompProfile }
  const [uid = 0, gid = uid] = user.split(':').map(Number)
  return { seccompProfile, runAsUser: uid, runAsGroup: gid, fsGroup: gid, ...(uid > 0 ? { runAsNonRoot: true } : {}) }
}

/** A Secret with the sensitive variables of a service, or with its files (base64). */
export function secretManifest(
  { run, owner }: Pick<PodManifestInput, 'run' | 'owner'>,
  name: string,
  content: { readonly stringData: object } | { readonly data: object },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    immutable: true,
    metadata: { name, labels: runLabels(run), ownerReferences: [owner] },
    ...content,
  }
}
