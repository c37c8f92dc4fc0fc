import type { ContainerSettings } from '../contract/container-settings.ts'
import type { ContainerForm, ServiceSpec } from '../contract/service.ts'
import { optionPath } from './option-path.ts'
import { unknownName, type OptionNames } from './unknown-options.ts'
import {
  absolutePath,
  address,
  fieldsOf,
  flag,
  hostName,
  invalid,
  listOf,
  oneOf,
  portNumber,
  positiveNumber,
  recordOf,
  shown,
  text,
  textLike,
  wholeNumber,
  type Check,
} from './value-checks.ts'

// Source: moby, daemon/names: what follows a run's name in the name of an object.
const objectName = textLike(/^[a-zA-Z0-9][\w.-]{0,39}$/, {
  what: 'a name',
  example: "letters, digits, dots and dashes, at most 40, such as 'data'",
})
const capability = textLike(/^(?!CAP_)[A-Z_]+$/, {
  what: 'a capability',
  example: "it without CAP_, such as 'NET_ADMIN'",
})
const labelName: Check = (at, value) => {
  if (String(value).startsWith('moorage.'))
    throw invalid(`${at} ${shown(value)} belongs to moorage.`, 'Give the label another name.')
}
const names = listOf(hostName)
const bytes = wholeNumber(1)

/** Checks each value by itself. The type demands every setting. */
const CHECKS: { readonly [S in keyof ContainerSettings]-?: Check } = {
  user: textLike(/^[^:\s]+(:[^:\s]+)?$/, { what: 'a user', example: "'uid', 'uid:gid', or names of the image" }),
  groups: listOf(
    textLike(/^[^:\s]+$/, { what: 'a group', example: "a name of the image or a number, such as '1000'" }),
  ),
  workingDir: absolutePath,
  hostName,
  aliases: names,
  networks: recordOf(fieldsOf({ aliases: names }), objectName),
  labels: recordOf(text, labelName),
  extraHosts: recordOf((at, value) => value === 'host-gateway' || address(at, value), hostName),
  dns: fieldsOf({ servers: listOf(address), search: listOf(text), options: listOf(text) }),
  tmpfs: listOf((at, value) =>
    typeof value === 'string'
      ? absolutePath(at, value)
      : fieldsOf({ path: absolutePath, sizeBytes: bytes, mode: fileMode }, ['path'])(at, value),
  ),
  volumes: recordOf(fieldsOf({ volume: objectName, readOnly: flag }, ['volume']), absolutePath),
  shmSizeBytes: bytes,
  resources: fieldsOf({
    cpus: positiveNumber,
    memoryBytes: bytes,
    pids: wholeNumber(1),
    reservedCpus: positiveNumber,
    reservedMemoryBytes: bytes,
  }),
  capabilities: fieldsOf({ add: listOf(capability), drop: listOf(capability) }),
  privileged: flag,
  devices: listOf(
    textLike(/^\/[^:]+(:\/[^:]+)?(:[rwm]{1,3})?$/, { what: 'a device', example: "'/dev/host:/dev/container:rwm'" }),
  ),
  sysctls: recordOf(text),
  ulimits: recordOf((at, value) => {
    fieldsOf({ soft: wholeNumber(-1), hard: wholeNumber(-1) }, ['soft', 'hard'])(at, value)
    const { soft, hard } = value as { readonly soft: number; readonly hard: number }
    if (hard !== -1 && (soft === -1 || soft > hard))
      throw invalid(`${at}: the soft limit ${soft} is above the hard limit ${hard}.`, 'Lower it; -1 is no limit.')
  }),
  securityOptions: listOf(text),
  init: flag,
  readOnlyRoot: flag,
  pidMode: oneOf('host'),
  ipcMode: oneOf('host', 'private', 'shareable', 'none'),
  tty: flag,
  stdin: flag,
  stopSignal: textLike(/^SIG[A-Z0-9+-]+$/, { what: 'a signal', example: "its name, such as 'SIGQUIT'" }),
  stopGrace: wholeNumber(0),
  restart: oneOf('no', 'always', 'on-failure', 'unless-stopped'),
  platform: textLike(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/, {
    what: 'a platform',
    example: "one such as 'linux/arm64'",
  }),
  pull: oneOf('missing', 'always', 'never'),
  udpPorts: recordOf(portNumber),
  hostPorts: recordOf(portNumber),
  logOptions: recordOf(text),
  healthCheck: (at, value) => value === 'none' || healthCheck(at, value),
  hostAccess: (at, value) => value === true || listOf(portNumber)(at, value),
}

/** The names of all settings of a container. */
export const CONTAINER_SETTINGS: OptionNames<ContainerSettings> = Object.fromEntries(
  Object.keys(CHECKS).map((name) => [name, true]),
) as OptionNames<ContainerSettings>

const OTHER_FIELDS: OptionNames<Omit<ContainerForm, keyof ContainerSettings>> = {
  image: true,
  entrypoint: true,
  command: true,
  files: true,
  env: true,
  connection: true,
  ready: true,
  prepare: true,
  composeMember: true,
}

/** Throws `MoorageError` (CONFIG_INVALID) for a setting of a container that does not exist, or cannot be right. */
export function checkSettings(service: string, { container, ports }: ServiceSpec): void {
  if (!container) return
  const at = (name: string): string => optionPath(`services.${service}.container.${name}`)
  for (const [name, value] of Object.entries(container)) {
    if (value === undefined || Object.hasOwn(OTHER_FIELDS, name)) continue
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof ContainerSettings] : undefined
    if (!check) throw unknownName(at(name), { kind: 'setting', name, known: Object.keys(CHECKS) })
    check(at(name), value)
  }
  checkTogether(container, { at, ports: Object.keys(ports) })
}

function checkTogether(
  { tmpfs = [], volumes = {}, shmSizeBytes, hostPorts = {} }: ContainerSettings,
  { at, ports }: { readonly at: (name: string) => string; readonly ports: readonly string[] },
): void {
  const unknownPort = Object.keys(hostPorts).find((name) => !ports.includes(name))
  if (unknownPort !== undefined)
    throw unknownName(`${at('hostPorts')}.${unknownPort}`, { kind: 'port', name: unknownPort, known: ports })
  const paths = tmpfs.map((mount) => (typeof mount === 'string' ? mount : mount.path))
  const twice = [...paths, ...Object.keys(volumes)].find((path, i, all) => all.indexOf(path) !== i)
  if (twice !== undefined)
    throw invalid(`${at('tmpfs')} and ${at('volumes')} name ${twice} more than once.`, 'Remove one of them.')
  if (shmSizeBytes !== undefined && paths.includes('/dev/shm'))
    throw invalid(`${at('tmpfs')} and ${at('shmSizeBytes')} both set /dev/shm.`, 'Remove one of them.')
}

/** Throws `MoorageError` (CONFIG_INVALID) for two services that want the same port of this machine. */
export function checkHostPorts(services: { readonly [name: string]: { readonly spec: ServiceSpec } }): void {
  const keys = new Map<number, string>()
  for (const [service, { spec }] of Object.entries(services)) {
    for (const [name, port] of Object.entries(spec.container?.hostPorts ?? {})) {
      const key = `services.${service}.hostPorts.${name}`
      const other = keys.get(port)
      if (other) throw invalid(`${other} and ${key} both want port ${port}.`, 'Give one of them another port.')
      keys.set(port, key)
    }
  }
}

const fileMode: Check = (at, value) => {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 0o7777)
    throw invalid(`${at} is ${shown(value)}, which is not a set of permission bits.`, 'Write an octal number: 0o700.')
}

const healthCheck: Check = fieldsOf(
  {
    test(at, value) {
      if (
        typeof value === 'string'
          ? value
          : Array.isArray(value) && value.length && value.every((part) => typeof part === 'string')
      )
        return
      throw invalid(`${at} is ${shown(value)}, which is not a command.`, "Write ['pg_isready'], or text for a shell.")
    },
    intervalMs: positiveNumber,
    timeoutMs: positiveNumber,
    retries: wholeNumber(1),
    startPeriodMs: wholeNumber(0),
    startIntervalMs: positiveNumber,
  },
  ['test'],
)
