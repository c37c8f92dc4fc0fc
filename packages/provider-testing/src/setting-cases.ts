import type { ContainerSettings } from '@moorage/core/provider'

/** How a setting is observed inside its container. */
export interface SettingCase {
  readonly settings: ContainerSettings
  /** A script for BusyBox that prints what the setting does. */
  readonly script: string
  /** Whether that is what the value asks for. */
  shows(output: string): boolean
}

/** A setting that no script inside the container can observe, or not alone: other tests cover it. */
type CoveredElsewhere = 'elsewhere'

const MIB = 1024 * 1024

const contains =
  (...texts: readonly (string | RegExp)[]) =>
  (output: string): boolean =>
    texts.every((text) => (typeof text === 'string' ? output.includes(text) : text.test(output)))

/** Whether a capability is in the bounding set. Source: capabilities(7), linux/capability.h. */
const hasCapability = (output: string, number: number): boolean =>
  (BigInt(`0x${output.match(/CapBnd:\s*([0-9a-f]+)/)?.[1] ?? '0'}`) & (1n << BigInt(number))) !== 0n

const CHOWN = 0
const NET_ADMIN = 12
const SYS_ADMIN = 21

/** One value of each setting. The type demands all of them, so that none is dropped silently. */
export const SETTING_CASES: { readonly [S in keyof ContainerSettings]-?: SettingCase | CoveredElsewhere } = {
  user: { settings: { user: 'nobody' }, script: 'id -u', shows: contains('65534') },
  groups: { settings: { groups: ['1234'] }, script: 'grep Groups: /proc/1/status', shows: contains('1234') },
  workingDir: { settings: { workingDir: '/var' }, script: 'pwd', shows: contains('/var') },
  hostName: { settings: { hostName: 'renamed' }, script: 'hostname', shows: contains('renamed') },
  aliases: 'elsewhere',
  networks: 'elsewhere',
  labels: 'elsewhere',
  extraHosts: {
    settings: { extraHosts: { 'api.example': '192.0.2.7' } },
    script: 'cat /etc/hosts',
    shows: contains(/192\.0\.2\.7\s+api\.example/),
  },
  dns: {
    settings: { dns: { search: ['moorage.example'], options: ['timeout:7'] } },
    script: 'cat /etc/resolv.conf',
    shows: contains('moorage.example', 'timeout:7'),
  },
  tmpfs: {
    settings: { tmpfs: ['/memory', { path: '/limited', sizeBytes: 2 * MIB }] },
    script: 'touch /memory/x && echo writable; grep " /limited " /proc/mounts; df -k /limited',
    shows: contains('writable', /tmpfs \/limited tmpfs/, /\s2048\s/),
  },
  volumes: 'elsewhere',
  shmSizeBytes: { settings: { shmSizeBytes: 5 * MIB }, script: 'df -k /dev/shm', shows: contains(/\s5120\s/) },
  resources: {
    settings: { resources: { memoryBytes: 64 * MIB } },
    script: 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null',
    shows: contains(String(64 * MIB)),
  },
  capabilities: {
    settings: { capabilities: { add: ['NET_ADMIN'], drop: ['CHOWN'] } },
    script: 'grep CapBnd /proc/1/status',
    shows: (output) => hasCapability(output, NET_ADMIN) && !hasCapability(output, CHOWN),
  },
  privileged: {
    settings: { privileged: true },
    script: 'grep CapBnd /proc/self/status',
    shows: (output) => hasCapability(output, SYS_ADMIN),
  },
  devices: {
    settings: { devices: ['/dev/null:/dev/nothing:rw'] },
    script: 'test -c /dev/nothing && echo a device',
    shows: contains('a device'),
  },
  sysctls: {
    settings: { sysctls: { 'net.ipv4.ip_local_port_range': '40000 50000' } },
    script: 'cat /proc/sys/net/ipv4/ip_local_port_range',
    shows: contains(/40000\s+50000/),
  },
  ulimits: {
    settings: { ulimits: { nofile: { soft: 111, hard: 222 } } },
    script: 'grep "open files" /proc/1/limits',
    shows: contains(/111\s+222/),
  },
  securityOptions: {
    settings: { securityOptions: ['no-new-privileges:false'] },
    script: 'grep NoNewPrivs /proc/1/status',
    shows: contains(/NoNewPrivs:\s+0/),
  },
  init: { settings: { init: true }, script: 'cat /proc/1/comm', shows: contains(/init|tini|catatonit|pause/) },
  readOnlyRoot: { settings: { readOnlyRoot: true }, script: 'touch /x 2>&1', shows: contains('Read-only') },
  pidMode: {
    settings: { pidMode: 'host' },
    script: 'tr "\\0" " " < /proc/1/cmdline; echo',
    shows: (output) => output.trim() !== '' && !output.includes('nc -ll'),
  },
  ipcMode: {
    settings: { ipcMode: 'none' },
    script: 'grep -c " /dev/shm " /proc/mounts || echo none',
    shows: contains('none'),
  },
  tty: { settings: { tty: true }, script: 'readlink /proc/1/fd/1', shows: contains(/\/dev\/(pts\/\d|console)/) },
  stdin: { settings: { stdin: true }, script: 'readlink /proc/1/fd/0', shows: contains(/pipe|pts|socket/) },
  stopSignal: 'elsewhere',
  stopGrace: 'elsewhere',
  restart: 'elsewhere',
  platform: {
    settings: { platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}` },
    script: 'uname -m',
    shows: contains(/x86_64|aarch64/),
  },
  pull: 'elsewhere',
  udpPorts: 'elsewhere',
  hostPorts: 'elsewhere',
  logOptions: 'elsewhere',
  healthCheck: 'elsewhere',
  hostAccess: 'elsewhere',
}

/** Settings that exclude each other in one container are observed in several. */
export const SETTING_GROUPS: readonly (readonly (keyof ContainerSettings)[])[] = [
  [
    'workingDir',
    'hostName',
    'extraHosts',
    'dns',
    'tmpfs',
    'shmSizeBytes',
    'resources',
    'capabilities',
    'devices',
    'sysctls',
    'ulimits',
    'securityOptions',
    'readOnlyRoot',
    'tty',
    'platform',
  ],
  ['user', 'groups', 'stdin', 'ipcMode'],
  ['privileged', 'pidMode'],
  // Process 1 is another one then.
  ['init'],
]
