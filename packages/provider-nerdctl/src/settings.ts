import {
  tmpfsMounts,
  type ContainerSettings,
  type ContainerUnit,
  type SettingRefusal,
  type SettingSupport,
} from '@moorage/core/provider'

const NO_ALIASES: SettingRefusal = {
  reason: 'nerdctl cannot give a container further names',
  fix: 'Use that name as the key of the service, or use Docker.',
}

/** How each setting of a container is honoured. */
export const SETTING_SUPPORT: SettingSupport = {
  user: 'honoured',
  groups: 'honoured',
  workingDir: 'honoured',
  hostName: {
    reason: 'nerdctl resolves a service by its host name, which has to be the name of the service',
    fix: 'Remove it.',
  },
  aliases: NO_ALIASES,
  networks: {
    reason: 'the services of a run share one network on this provider',
    fix: 'Remove it, or use Docker.',
  },
  labels: 'honoured',
  extraHosts: 'honoured',
  dns: 'honoured',
  tmpfs: 'honoured',
  volumes: 'honoured',
  shmSizeBytes: 'honoured',
  resources: 'honoured',
  capabilities: 'honoured',
  privileged: 'honoured',
  devices: (devices) => {
    const index = devices.findIndex((device) => {
      const [host, container = host] = device.split(':')
      return container !== host
    })
    return index < 0
      ? undefined
      : {
          at: `[${index}]`,
          reason: `nerdctl cannot give ${devices[index]?.split(':')[0]} another path in the container`,
          fix: 'Use the same path for both.',
        }
  },
  sysctls: 'honoured',
  ulimits: 'honoured',
  securityOptions: 'honoured',
  init: {
    reason: 'nerdctl needs the program tini on this machine',
    fix: 'Remove it, or use an image with an init process of its own.',
  },
  readOnlyRoot: 'honoured',
  pidMode: 'honoured',
  ipcMode: (mode) =>
    mode === 'host' || mode === 'private'
      ? undefined
      : { reason: `nerdctl does not know the mode ${mode}`, fix: "Use 'host' or 'private'." },
  tty: 'honoured',
  stdin: {
    reason: 'nerdctl keeps no input open for a container in the background',
    fix: 'Remove it.',
  },
  stopSignal: 'honoured',
  stopGrace: 'honoured',
  restart: (policy) =>
    policy === 'no'
      ? undefined
      : {
          reason: "containerd looks for ended containers only every 10 s, and before 1.7 knows no policy but 'always'",
          fix: "Remove it, or use 'no'.",
        },
  platform: 'honoured',
  pull: 'honoured',
  udpPorts: 'honoured',
  hostPorts: {
    reason: 'nerdctl publishes a port of this machine even if another program has it',
    fix: 'Remove it: tests dial the address of the container.',
  },
  logOptions: {
    reason: "moorage keeps the log itself, because nerdctl's driver loses what follows a long line",
    fix: 'Remove it.',
  },
  healthCheck: 'honoured',
  hostAccess: 'honoured',
}

/** The settings of a container as arguments of `nerdctl create`. `volumes` gives the names of the run's volumes. */
export function settingArguments(container: ContainerUnit, volumes: ReadonlyMap<string, string>): readonly string[] {
  return [
    ...identityArguments(container),
    ...networkArguments(container),
    ...mountArguments(container, volumes),
    ...limitArguments(container),
    ...privilegeArguments(container),
  ]
}

function identityArguments({
  user,
  groups,
  workingDir,
  labels,
  tty,
  stopSignal,
  ...settings
}: ContainerSettings): readonly string[] {
  return [
    ...option('--user', user),
    ...list('--group-add', groups),
    ...option('--workdir', workingDir),
    ...list('--label', pairs(labels, '=')),
    ...(tty ? ['--tty'] : []),
    ...option('--stop-signal', stopSignal),
    ...option('--platform', settings.platform),
  ]
}

function networkArguments({ extraHosts, dns }: ContainerSettings): readonly string[] {
  return [
    ...list('--add-host', pairs(extraHosts, ':')),
    ...list('--dns', dns?.servers),
    ...list('--dns-search', dns?.search),
    ...list('--dns-option', dns?.options),
  ]
}

function mountArguments(container: ContainerSettings, volumes: ReadonlyMap<string, string>): readonly string[] {
  const named = Object.entries(container.volumes ?? {}).map(
    ([path, { volume, readOnly }]) => `${volumes.get(volume) ?? ''}:${path}${readOnly ? ':ro' : ''}`,
  )
  // The user owns the mount: runc replaces the requested mode with the mode of the image's folder.
  const [uid, gid = uid] = /^\d+(:\d+)?$/.test(container.user ?? '') ? (container.user?.split(':') ?? []) : []
  const owner = uid === undefined ? '' : `,uid=${uid},gid=${gid}`
  const tmpfs = tmpfsMounts(container).map(
    ({ path, sizeBytes, mode = DEFAULT_TMPFS_MODE }) =>
      `${path}:rw,exec,mode=${mode.toString(8)}${owner}${sizeBytes === undefined ? '' : `,size=${sizeBytes}`}`,
  )
  return [
    ...list('--volume', named),
    ...list('--tmpfs', tmpfs),
    ...option('--shm-size', container.shmSizeBytes),
    ...(container.readOnlyRoot ? ['--read-only'] : []),
  ]
}

function limitArguments({ resources = {}, ulimits = {} }: ContainerSettings): readonly string[] {
  const { cpus, memoryBytes, pids, reservedCpus, reservedMemoryBytes } = resources
  return [
    ...option('--cpus', cpus),
    ...option('--memory', memoryBytes),
    ...option('--pids-limit', pids),
    ...option('--cpu-shares', reservedCpus === undefined ? undefined : Math.round(reservedCpus * SHARES_PER_CPU)),
    ...option('--memory-reservation', reservedMemoryBytes),
    ...list(
      '--ulimit',
      Object.entries(ulimits).map(([name, { soft, hard }]) => `${name}=${soft}:${hard}`),
    ),
  ]
}

function privilegeArguments(container: ContainerSettings): readonly string[] {
  const { capabilities, privileged, devices, sysctls, securityOptions = [], pidMode, ipcMode } = container
  return [
    ...list('--cap-add', capabilities?.add),
    ...list('--cap-drop', capabilities?.drop),
    ...(privileged ? ['--privileged'] : []),
    ...list('--device', devices),
    ...list('--sysctl', pairs(sysctls, '=')),
    ...list('--security-opt', securityOptions.length ? securityOptions : privileged ? [] : ['no-new-privileges']),
    ...option('--pid', pidMode),
    ...option('--ipc', ipcMode),
  ]
}

// Everybody may write, as in a new tmpfs.
const DEFAULT_TMPFS_MODE = 0o1777
// Source: Docker documentation, "CPU share constraint": the weight of a container by default.
const SHARES_PER_CPU = 1_024

function option(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [name, String(value)]
}

function list(name: string, values: readonly string[] = []): readonly string[] {
  return values.flatMap((value) => [name, value])
}

function pairs(values: { readonly [name: string]: string } = {}, separator: string): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name}${separator}${value}`)
}
