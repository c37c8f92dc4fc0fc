import { HOST_ACCESS_NAME, type ContainerUnit, type JsonObject, type Run, type UnitSpec } from '@moorage/core/provider'
import type { Delivery } from '../files.ts'
import { hostLabel, labelsOf, SERVICE } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'

export interface PodManifestInput {
  readonly run: Run
  readonly spec: UnitSpec
  readonly name: string
  readonly owner: object
  readonly options: KubernetesOptions
  readonly namespace: string
  readonly delivery: Delivery
  /** Secret that holds the variables that are not for everybody's eyes. */
  readonly secret: string | undefined
  /** The address at which it finds this machine. */
  readonly machine: string | undefined
}

// Seconds: whatever else fails, no pod of a test computes longer than a run can be told to stay.
const LONGEST = 25 * 60 * 60

/** A bare pod: its first exit is final, and it asks for the fewest permissions. */
export function podManifest(shape: PodManifestInput): object {
  const { run, spec, name, owner, options, delivery } = shape
  const unit = spec.container as ContainerUnit
  const { serviceAccount } = options
  const tmpfs = (unit.tmpfs ?? []).map((_, i) => ({ name: `tmpfs-${i}`, emptyDir: { medium: 'Memory' } }))
  const container = mainContainer(shape)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { ...labelsOf(run), [SERVICE]: hostLabel(spec.name) }, ownerReferences: [owner] },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: unit.stopGrace ?? 1,
      activeDeadlineSeconds: LONGEST,
      // Old variables of every Service in the namespace: they broke images that read their own by such names.
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      hostname: hostLabel(spec.name),
      subdomain: run.id,
      dnsConfig: { searches: [`${run.id}.${shape.namespace}.svc.cluster.local`] },
      securityContext: podSecurity(unit.user),
      ...(shape.machine === undefined ? {} : { hostAliases: [{ ip: shape.machine, hostnames: [HOST_ACCESS_NAME] }] }),
      containers: [container],
      ...(delivery.gate ? { initContainers: [{ ...container, env: [], ports: [], ...delivery.gate.container }] } : {}),
      volumes: [...tmpfs, ...delivery.volumes],
      ...placement(options),
      ...(serviceAccount ? { serviceAccountName: serviceAccount } : {}),
    },
  }
}

/** What gets any pod of a run onto a node. */
export function placement({ imagePullSecrets = [], nodeSelector, tolerations }: KubernetesOptions): object {
  return {
    ...(imagePullSecrets.length ? { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) } : {}),
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(tolerations ? { tolerations } : {}),
  }
}

function mainContainer({ spec, options, delivery, secret }: PodManifestInput): object {
  const unit = spec.container as ContainerUnit
  return {
    name: 'main',
    image: unit.image,
    imagePullPolicy: 'IfNotPresent',
    // Kubernetes' names for what an image calls entrypoint and command; `$(X)` in them would be replaced.
    ...(unit.entrypoint ? { command: unit.entrypoint.map(literal) } : {}),
    ...(unit.command ? { args: unit.command.map(literal) } : {}),
    ...(unit.workingDir === undefined ? {} : { workingDir: unit.workingDir }),
    env: Object.entries(spec.env).map(([name, value]) =>
      spec.sensitive.includes(name) && secret
        ? { name, valueFrom: { secretKeyRef: { name: secret, key: name } } }
        : { name, value: literal(value) },
    ),
    ports: Object.values(spec.ports).map((containerPort) => ({ containerPort })),
    securityContext: {
      allowPrivilegeEscalation: false,
      ...(isPlainUser(unit.user) ? { capabilities: { drop: ['ALL'] } } : {}),
    },
    volumeMounts: [
      ...(unit.tmpfs ?? []).map((mountPath, i) => ({ name: `tmpfs-${i}`, mountPath })),
      ...delivery.mounts,
    ],
    resources: (options.resources ?? {}) as JsonObject,
  }
}

/** A single `$` begins a reference, two are one. Source: k8s.io/kubernetes/third_party/forked/golang/expansion. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function isPlainUser(user: string | undefined): boolean {
  return user !== undefined && Number(user.split(':')[0]) > 0
}

/** The restricted policy, as far as the user is known: an image that wants to be root keeps what images start with. */
function podSecurity(user: string | undefined): object {
  const seccompProfile = { type: 'RuntimeDefault' }
  if (user === undefined) return { seccompProfile }
  const [uid = 0, gid = uid] = user.split(':').map(Number)
  return { seccompProfile, runAsUser: uid, runAsGroup: gid, fsGroup: gid, ...(uid > 0 ? { runAsNonRoot: true } : {}) }
}

/** The variables of a service that hold secrets, and the data of its files. */
export function secretManifest(
  { run, owner }: Pick<PodManifestInput, 'run' | 'owner'>,
  name: string,
  content: { readonly stringData: object } | { readonly data: object },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    immutable: true,
    metadata: { name, labels: labelsOf(run), ownerReferences: [owner] },
    ...content,
  }
}
