import { isIP } from 'node:net'
import type { SettingRefusal, SettingSupport } from '@moorage/core/provider'
import { RUN_LABEL, SERVICE_LABEL } from './labels.ts'
import { isDnsLabel } from './pod/pod-names.ts'
import { parseSecurityOptions } from './pod/security-options.ts'
import { isSafeSysctl } from './pod/sysctls.ts'
import { parseId, parseUser } from './pod/user.ts'

const WITH_DOCKER = 'Remove it, or run the service with provider docker.'

// In part: a notice says what means less (see pod/setting-notices.ts), or the other services or the cluster decide (see
// pod/check-pod-settings.ts).
const inPart = (): undefined => undefined

/** What each setting of a container becomes in a pod. */
export const SETTING_SUPPORT: SettingSupport = {
  user: (user) =>
    parseUser(user)
      ? undefined
      : {
          reason: `'${user}' is not numeric, and only an image knows the numbers of its names`,
          fix: "Write 'uid' or 'uid:gid', for example '999:999'. The image shows them with: id NAME.",
        },
  groups: (groups) =>
    firstProblem(groups, (group) =>
      parseId(group) === undefined
        ? {
            reason: `'${group}' is not numeric, and only an image knows the numbers of its names`,
            fix: 'Write the number of the group. The image shows it with: getent group NAME.',
          }
        : undefined,
    ),
  workingDir: 'honoured',
  hostName: (name) => (isDnsLabel(name) ? undefined : notALabel(name)),
  aliases: (aliases) => firstProblem(aliases, (alias) => (isDnsLabel(alias) ? undefined : notALabel(alias))),
  networks: (networks) =>
    firstOf(Object.entries(networks), ([network, { aliases = [] }]) => {
      const refusal = firstProblem(aliases, (alias) => (isDnsLabel(alias) ? undefined : notALabel(alias)))
      return refusal && { ...refusal, at: `.${network}.aliases${refusal.at ?? ''}` }
    }),
  labels: (labels) =>
    firstOf(Object.keys(labels), (name) =>
      name === RUN_LABEL || name === SERVICE_LABEL || name === 'app.kubernetes.io/managed-by'
        ? { at: `['${name}']`, reason: 'moorage sets this label itself', fix: 'Choose another name.' }
        : undefined,
    ),
  extraHosts: (hosts) => firstOf(Object.entries(hosts), ([name, address]) => extraHostProblem(name, address)),
  dns: inPart,
  tmpfs: 'honoured',
  volumes: inPart,
  shmSizeBytes: 'honoured',
  resources: ({ pids }) =>
    pids === undefined
      ? undefined
      : {
          at: '.pids',
          reason: 'the nodes of a cluster set the limit of processes for all pods',
          fix: WITH_DOCKER,
        },
  capabilities: 'honoured',
  privileged: 'honoured',
  devices: {
    reason: 'a pod gets a device of its node only from a device plugin',
    fix: "Request the plugin's resource: kubernetes({ resources: { limits: { 'vendor.example/device': 1 } } }), or run the service with provider docker.",
  },
  sysctls: (sysctls) =>
    firstOf(Object.keys(sysctls), (name) =>
      isSafeSysctl(name)
        ? undefined
        : {
            at: `['${name}']`,
            reason: 'nodes refuse a pod with a kernel parameter that Kubernetes does not call safe',
            fix: 'Remove it, set it on the nodes, or run the service with provider docker.',
          },
    ),
  ulimits: {
    reason: 'a pod has no such limits, only those of its container runtime',
    fix: "Lower a limit in the command, as in ['sh', '-c', 'ulimit -n 1024; exec my-server'], or run the service with provider docker.",
  },
  securityOptions: (options) => {
    const parsed = parseSecurityOptions(options)
    return 'refusal' in parsed ? parsed.refusal : undefined
  },
  init: 'honoured',
  readOnlyRoot: 'honoured',
  pidMode: 'honoured',
  ipcMode: (mode) =>
    mode === 'none'
      ? { reason: 'a pod always has /dev/shm', fix: "Use 'private', or run the service with provider docker." }
      : undefined,
  tty: 'honoured',
  stdin: 'honoured',
  stopSignal: 'honoured',
  stopGrace: 'honoured',
  restart: 'honoured',
  platform: inPart,
  pull: 'honoured',
  udpPorts: 'honoured',
  hostPorts: 'honoured',
  logOptions: inPart,
  healthCheck: 'honoured',
  hostAccess: 'honoured',
}

function firstOf<T>(
  values: readonly T[],
  problem: (value: T) => SettingRefusal | undefined,
): SettingRefusal | undefined {
  return values.map(problem).find((refusal) => refusal !== undefined)
}

/** As {@link firstOf}, and adds the index. */
function firstProblem<T>(
  values: readonly T[],
  problem: (value: T) => SettingRefusal | undefined,
): SettingRefusal | undefined {
  return firstOf([...values.entries()], ([i, value]) => {
    const refusal = problem(value)
    return refusal && { at: `[${i}]`, ...refusal }
  })
}

function notALabel(name: string): SettingRefusal {
  return {
    reason: `pods cannot resolve '${name}': a name in a cluster has at most 63 letters, digits and dashes`,
    fix: 'Use such a name, and use it in the services that refer to this one.',
  }
}

function extraHostProblem(name: string, address: string): SettingRefusal | undefined {
  const at = `['${name}']`
  if (address === 'host-gateway')
    return {
      at,
      reason: 'a pod has no gateway to this machine',
      fix: 'Use hostAccess: true and the name host.moorage.internal instead.',
    }
  if (!isIP(address))
    return { at, reason: `'${address}' is not an IP address`, fix: 'Give the IP address of the host.' }
  if (!name.split('.').every((label) => isDnsLabel(label) && label === label.toLowerCase()))
    return {
      at,
      reason: 'the host name is not valid in a pod: it consists of lower-case letters, digits, dashes and dots',
      fix: 'Use such a name.',
    }
  return undefined
}
