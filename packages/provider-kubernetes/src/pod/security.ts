import type { ContainerUnit } from '@moorage/core/provider'
import { parseSecurityOptions, type SecurityOptions } from './security-options.ts'
import { parseId, parseUser } from './user.ts'

const RUNTIME_DEFAULT = { type: 'RuntimeDefault' }

/** The security context of a container under the restricted policy. Source: Kubernetes, "Pod Security Standards". */
export const RESTRICTED_CONTAINER: object = {
  securityContext: {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: RUNTIME_DEFAULT,
  },
}

/** The restricted policy, as far as the user is known: an image without a given user may run as root. */
export function podSecurityContext({ user, groups = [], sysctls = {} }: ContainerUnit): object {
  const known = user === undefined ? undefined : parseUser(user)
  const parameters = Object.entries(sysctls).map(([name, value]) => ({ name, value }))
  return {
    seccompProfile: RUNTIME_DEFAULT,
    ...(known
      ? {
          runAsUser: known.uid,
          runAsGroup: known.gid,
          fsGroup: known.gid,
          ...(known.uid > 0 ? { runAsNonRoot: true } : {}),
        }
      : {}),
    ...(groups.length ? { supplementalGroups: groups.map(parseId) } : {}),
    ...(parameters.length ? { sysctls: parameters } : {}),
  }
}

/** The least privileges with which the container can do what its settings ask for. */
export function containerSecurityContext(unit: ContainerUnit): object {
  const { privileged, readOnlyRoot } = unit
  const parsed = parseSecurityOptions(unit.securityOptions ?? [])
  const options: SecurityOptions = 'fields' in parsed ? parsed.fields : {}
  const capabilities = containerCapabilities(unit)
  return {
    ...options,
    ...(mustEscalate(unit) ? {} : { allowPrivilegeEscalation: options.allowPrivilegeEscalation ?? false }),
    ...(privileged ? { privileged } : {}),
    ...(capabilities ? { capabilities } : {}),
    ...(readOnlyRoot ? { readOnlyRootFilesystem: true } : {}),
  }
}

/** The API rejects a container that may not escalate and has these. Source: kubernetes, pkg/apis/core/validation. */
function mustEscalate({ privileged, capabilities: { add = [] } = {} }: ContainerUnit): boolean {
  return Boolean(privileged) || add.some((name) => /^(SYS_ADMIN|ALL)$/.test(plainName(name)))
}

/** A process that is not root has no use for the default capabilities of an engine. */
function containerCapabilities({
  user,
  privileged,
  capabilities: { add = [], drop = [] } = {},
}: ContainerUnit): object | undefined {
  const isNonRoot = user !== undefined && (parseUser(user)?.uid ?? 0) > 0
  const dropped = isNonRoot && !privileged && !drop.some((name) => plainName(name) === 'ALL') ? ['ALL'] : drop
  if (!add.length && !dropped.length) return undefined
  return {
    ...(add.length ? { add: add.map(plainName) } : {}),
    ...(dropped.length ? { drop: dropped.map(plainName) } : {}),
  }
}

function plainName(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/, '')
}
