import type { ContainerUnit } from '@moorage/core/provider'
import { MAIN_CONTAINER } from './container-status.ts'
import { folderMounts } from './prepare-folders.ts'
import type { PodManifestInput } from './manifest-input.ts'
import { containerResources } from './resources.ts'
import { containerSecurityContext } from './security.ts'
import { stopHook } from './stop-hook.ts'

const PULL_POLICIES = { missing: 'IfNotPresent', always: 'Always', never: 'Never' } as const

/** The container of the service. */
export function mainContainer(input: PodManifestInput): object {
  const { spec, options, delivery, folders, preparation, envSecret } = input
  const unit = spec.container as ContainerUnit
  return {
    name: MAIN_CONTAINER,
    image: unit.image,
    imagePullPolicy: PULL_POLICIES[unit.pull ?? 'missing'],
    // Kubernetes calls an image's entrypoint `command`, and its command `args`.
    ...(unit.entrypoint ? { command: unit.entrypoint.map(escapeReferences) } : {}),
    ...(unit.command ? { args: unit.command.map(escapeReferences) } : {}),
    ...(unit.workingDir === undefined ? {} : { workingDir: unit.workingDir }),
    env: Object.entries(spec.env).map(([name, value]) =>
      spec.sensitive.includes(name) && envSecret
        ? { name, valueFrom: { secretKeyRef: { name: envSecret, key: name } } }
        : { name, value: escapeReferences(value) },
    ),
    ports: [
      ...Object.values(spec.ports).map((containerPort) => ({ containerPort })),
      ...Object.values(unit.udpPorts ?? {}).map((containerPort) => ({ containerPort, protocol: 'UDP' })),
    ],
    ...(unit.tty ? { tty: true } : {}),
    ...(unit.stdin ? { stdin: true } : {}),
    ...stopHook(unit),
    securityContext: containerSecurityContext(unit),
    volumeMounts: [
      // Files for the folder itself are in a volume already.
      ...folderMounts(folders, preparation !== 'none').filter(
        ({ mountPath }) => !delivery.mounts.some((mount) => mount.mountPath === mountPath),
      ),
      ...delivery.mounts,
    ],
    resources: containerResources(unit, options),
  }
}

/**
 * Keeps Kubernetes from expanding `$(NAME)` in a text: `$$` stands for one `$`.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
 */
function escapeReferences(text: string): string {
  return text.replaceAll('$', '$$$$')
}
