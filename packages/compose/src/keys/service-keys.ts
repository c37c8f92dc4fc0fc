import { mapped, open, refused, warned, type KeyRow } from './key-row.ts'

const REMOVE = { alternative: 'Remove the key.' }
const OFF = [false, 'false'] as const

/** The keys of a service that moorage honours, besides those of build, deploy, ports and mounts. */
const MAPPED: { readonly [key: string]: string } = {
  image: '`image`; a known image gets the readiness and the URL of its preset',
  command: '`command`',
  entrypoint: '`entrypoint`',
  environment: '`env`',
  env_file: '`env`',
  'env_file[].path': 'the file',
  'env_file[].required': '`false`: the file may be missing',
  'env_file[].format': '`raw`: values as they stand',
  user: '`user`',
  group_add: '`groups`',
  working_dir: '`workingDir`',
  hostname: '`hostName`',
  container_name: 'a further host name; the names of containers carry the run',
  labels: '`labels`',
  label_file: '`labels`',
  extra_hosts: '`extraHosts`',
  dns: '`dns.servers`',
  dns_search: '`dns.search`',
  dns_opt: '`dns.options`',
  shm_size: '`shmSizeBytes`',
  cpus: '`resources.cpus`',
  cpu_quota: '`resources.cpus`: divided by `cpu_period`',
  cpu_period: '`resources.cpus`: 100,000 by default',
  mem_limit: '`resources.memoryBytes`',
  mem_reservation: '`resources.reservedMemoryBytes`',
  pids_limit: '`resources.pids`',
  cap_add: '`capabilities.add`',
  cap_drop: '`capabilities.drop`',
  privileged: '`privileged`',
  devices: '`devices`',
  'devices[].source': '`devices`',
  'devices[].target': '`devices`',
  'devices[].permissions': '`devices`',
  sysctls: '`sysctls`',
  ulimits: '`ulimits`',
  'ulimits.*.hard': '`ulimits`',
  'ulimits.*.soft': '`ulimits`',
  security_opt: '`securityOptions`',
  init: '`init`',
  read_only: '`readOnlyRoot`',
  pid: '`pidMode`: `host` only',
  ipc: '`ipcMode`: `host`, `private`, `shareable`, `none`',
  tty: '`tty`',
  stdin_open: '`stdin`',
  stop_signal: '`stopSignal`',
  stop_grace_period: '`stopGrace`',
  restart: '`restart`',
  platform: '`platform`',
  pull_policy: '`pull`; the policies by age count as `missing`',
  logging: '`logOptions`',
  'logging.options': '`logOptions`',
  healthcheck: '`healthCheck`, and the service is ready once it passes',
  'healthcheck.test': '`healthCheck.test`',
  'healthcheck.interval': '`healthCheck.intervalMs`',
  'healthcheck.timeout': '`healthCheck.timeoutMs`',
  'healthcheck.retries': '`healthCheck.retries`',
  'healthcheck.start_period': '`healthCheck.startPeriodMs`',
  'healthcheck.start_interval': '`healthCheck.startIntervalMs`',
  'healthcheck.disable': "`healthCheck: 'none'`",
  depends_on: '`needs`',
  'depends_on.*.condition': '`started`, `ready` or `completed`',
  'depends_on.*.required': '`false`: the other service may be left out by profiles',
  extends: 'merged with the other service',
  'extends.service': 'the other service',
  'extends.file': 'its file',
  links: '`needs`, and the alias as a further host name of the other service',
  networks: '`networks`',
  'networks.*.aliases': '`networks`',
  profiles: 'the service runs only with one of them, or if it is named',
  scale: 'as many containers',
  expose: '`ports`',
  ports: '`ports`, by their `name` or number; tests reach a free port of this machine',
  'ports[].name': 'the name of the port',
  'ports[].target': '`ports`, or `udpPorts`',
  'ports[].protocol': '`udp`: `udpPorts`',
  'ports[].app_protocol': 'the scheme of the URL',
  'ports[].published': '`hostPorts`, only with `x-moorage: { hostPorts: true }`',
}

const OPEN: readonly string[] = ['environment', 'labels', 'extra_hosts', 'sysctls', 'logging.options']

/** The keys of a service that are warned about or refused. */
const WITHOUT: readonly KeyRow[] = [
  warned('annotations', 'containers carry labels only', { alternative: 'Write labels.', harmless: [{}, []] }),
  warned('attach', 'moorage prints the log of a service on request', { ...REMOVE, harmless: [true, 'true'] }),
  warned('blkio_config', 'moorage sets no limits of block devices', REMOVE),
  refused('cgroup', 'moorage sets no cgroup namespace', { ...REMOVE, harmless: ['private'] }),
  refused('cgroup_parent', 'moorage sets no parent of cgroups', REMOVE),
  ...['cpu_count', 'cpu_percent', 'credential_spec', 'isolation'].map((key) =>
    refused(key, 'it is for Windows containers', { ...REMOVE, harmless: ['default'] }),
  ),
  ...['cpu_shares', 'cpuset'].map((key) =>
    warned(key, 'moorage limits the number of processors only', { alternative: 'Write cpus.' }),
  ),
  ...['cpu_rt_period', 'cpu_rt_runtime'].map((key) => refused(key, 'moorage sets no realtime limits', REMOVE)),
  warned('depends_on.*.restart', 'a service is not started again because another one was', {
    ...REMOVE,
    harmless: OFF,
  }),
  warned('develop', '`docker compose watch` uses it, and tests do not', REMOVE),
  refused('device_cgroup_rules', 'moorage sets no rules of devices', { alternative: 'Write devices.', harmless: [[]] }),
  refused('domainname', 'moorage sets no domain', { alternative: 'Write the whole name as hostname.' }),
  refused('external_links', 'a container of another project is not part of the run', {
    alternative: 'Add it to this file.',
    harmless: [[]],
  }),
  refused('gpus', 'moorage reserves no GPUs', {
    alternative: 'Name the devices of the machine in devices.',
    harmless: [[]],
  }),
  warned('logging.driver', "moorage reads the log by the engine's driver", {
    alternative: 'Remove the key.',
    harmless: ['json-file', 'local', ''],
  }),
  refused('mac_address', 'moorage sets no hardware addresses', REMOVE),
  ...['mem_swappiness', 'memswap_limit', 'oom_kill_disable', 'oom_score_adj', 'storage_opt'].map((key) =>
    warned(key, 'moorage does not set it', { ...REMOVE, harmless: OFF }),
  ),
  refused('models', 'moorage runs no language models', { alternative: 'Name the URL of the model in environment.' }),
  refused('network_mode', 'every service has its own network namespace', {
    alternative:
      'Remove the key; a service reaches the others by name, and this machine with x-moorage: { hostAccess }.',
    harmless: ['bridge', 'default', ''],
  }),
  ...['interface_name', 'ipv4_address', 'ipv6_address', 'link_local_ips', 'mac_address'].map((key) =>
    refused(`networks.*.${key}`, 'the engine chooses the addresses of a container', {
      alternative: 'Remove the key, and reach the service by its name.',
    }),
  ),
  ...['driver_opts', 'gw_priority', 'priority'].map((key) =>
    warned(`networks.*.${key}`, 'the engine chooses how a container joins a network', { ...REMOVE, harmless: [{}, 0] }),
  ),
  warned('networks.*.use_service_name_alias', 'the name of a service is always a host name', {
    ...REMOVE,
    harmless: [true, 'true'],
  }),
  warned('ports[].host_ip', 'ports are forwarded to the loopback of this machine', {
    ...REMOVE,
    harmless: ['127.0.0.1', '0.0.0.0', '::', '::1', ''],
  }),
  warned('ports[].mode', 'only a swarm uses it', { ...REMOVE, harmless: ['ingress', 'host', ''] }),
  refused('post_start', 'moorage runs no hooks', {
    alternative: 'Write a service that does it, and let it depend on this one.',
  }),
  refused('pre_start', 'moorage runs no hooks', {
    alternative: 'Write a service, and depends_on: { condition: service_completed_successfully }.',
  }),
  warned('pre_stop', 'the services are removed with their data', REMOVE),
  refused('provider', 'moorage runs containers only', {
    alternative: 'Start it beside the tests, and give its URL in environment.',
  }),
  warned('pull_refresh_after', 'an image that is there is not pulled again', {
    alternative: 'Write pull_policy: always.',
  }),
  refused('runtime', 'moorage uses the runtime of the engine', { ...REMOVE, harmless: ['runc', ''] }),
  refused('umask', 'moorage sets no umask', { alternative: 'Call umask in the entrypoint.' }),
  refused('use_api_socket', 'a container gets no access to the engine', { ...REMOVE, harmless: OFF }),
  refused('userns_mode', 'moorage sets no user namespace', { ...REMOVE, harmless: [''] }),
  refused('uts', 'moorage sets no UTS namespace', { ...REMOVE, harmless: [''] }),
  refused('volumes_from', 'moorage mounts volumes by their name', {
    alternative: 'Name the volume in volumes of both services.',
    harmless: [[]],
  }),
]

/** Every key of a service but those of build, deploy and mounts. */
export const SERVICE_KEYS: readonly KeyRow[] = [
  mapped('services.*', 'a service; its key becomes the host name'),
  ...Object.entries(MAPPED).map(([key, note]) =>
    OPEN.includes(key) ? open(`services.*.${key}`, note) : mapped(`services.*.${key}`, note),
  ),
  ...WITHOUT.map((row) => ({ ...row, key: `services.*.${row.key}` })),
  open('services.*.x-moorage', 'what the file cannot say otherwise; see below'),
]
