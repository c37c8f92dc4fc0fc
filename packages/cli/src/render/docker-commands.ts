import type { Json } from '@moorage/core'
import type { JsonMap } from './compose-file.ts'

// Options of `docker run` by the key of a compose file, for values that are one text or a list of texts.
const OPTIONS: { readonly [key: string]: string } = {
  user: '--user',
  group_add: '--group-add',
  working_dir: '--workdir',
  hostname: '--hostname',
  dns: '--dns',
  dns_search: '--dns-search',
  dns_opt: '--dns-option',
  tmpfs: '--tmpfs',
  shm_size: '--shm-size',
  cpus: '--cpus',
  mem_limit: '--memory',
  mem_reservation: '--memory-reservation',
  pids_limit: '--pids-limit',
  cap_add: '--cap-add',
  cap_drop: '--cap-drop',
  devices: '--device',
  security_opt: '--security-opt',
  pid: '--pid',
  ipc: '--ipc',
  stop_signal: '--stop-signal',
  restart: '--restart',
  platform: '--platform',
  pull_policy: '--pull',
  ports: '--publish',
  volumes: '--volume',
}

/** Options of `docker run` for maps, and what stands between a name and its value. */
const MAPS: { readonly [key: string]: readonly [option: string, separator: string] } = {
  environment: ['--env', '='],
  labels: ['--label', '='],
  extra_hosts: ['--add-host', ':'],
  sysctls: ['--sysctl', '='],
}

const FLAGS: { readonly [key: string]: string } = {
  privileged: '--privileged',
  init: '--init',
  read_only: '--read-only',
  tty: '--tty',
  stdin_open: '--interactive',
}

const NETWORK = 'moorage'

/**
 * The commands that start the services of a compose file, in its order. A file that is written is named in a comment.
 */
export function dockerCommands(file: JsonMap): string {
  const services = Object.entries((file['services'] ?? {}) as { readonly [name: string]: JsonMap })
  const lines = services.flatMap(([name, service]) => [...notes(service), command(name, service)])
  return [`docker network create ${NETWORK}`, ...lines, ''].join('\n')
}

function notes(service: JsonMap): readonly string[] {
  const files = ((service['configs'] ?? []) as readonly JsonMap[]).map(
    ({ target }) => `# The file ${String(target)} is written before the start.`,
  )
  return service['build'] === undefined ? files : ['# The image is built first.', ...files]
}

function command(name: string, service: JsonMap): string {
  const image = service['image'] ?? `moorage/${name}`
  const [executable, ...further] = texts(service['entrypoint'])
  const words = [
    'docker run --detach',
    `--name ${quote(name)} --network ${NETWORK}`,
    ...aliases(service['networks']).map((alias) => `--network-alias ${quote(alias)}`),
    ...Object.entries(OPTIONS).flatMap(([key, option]) =>
      texts(service[key]).map((text) => `${option} ${quote(text)}`),
    ),
    ...Object.entries(MAPS).flatMap(([key, [option, separator]]) =>
      Object.entries((service[key] ?? {}) as JsonMap).map(
        ([item, value]) => `${option} ${quote(`${item}${separator}${unescape(String(value))}`)}`,
      ),
    ),
    ...Object.entries(FLAGS).flatMap(([key, flag]) => (service[key] === true ? [flag] : [])),
    ...healthOptions(service['healthcheck'] as JsonMap | undefined),
    ...(executable === undefined ? [] : [`--entrypoint ${quote(executable)}`]),
  ]
  const end = [String(image), ...further, ...texts(service['command'])].map(quote).join(' ')
  return `${words.join(' \\\n  ')} \\\n  ${end}`
}

function healthOptions(check: JsonMap | undefined): readonly string[] {
  if (!check) return []
  if (check['disable'] === true) return ['--no-healthcheck']
  const [kind, ...test] = texts(check['test'])
  const text = kind === 'CMD-SHELL' ? test.join(' ') : test.map(quote).join(' ')
  const options = ['interval', 'timeout', 'retries', 'start_period'].flatMap((key) =>
    check[key] === undefined ? [] : [`--health-${key.replace('_', '-')} ${String(check[key])}`],
  )
  return [`--health-cmd ${quote(text)}`, ...options]
}

function aliases(networks: Json | undefined): readonly string[] {
  return Object.values((networks ?? {}) as { readonly [name: string]: JsonMap }).flatMap((network) =>
    texts(network['aliases']),
  )
}

function texts(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((item) => unescape(String(item)))
}

/** Only Compose replaces variables. */
function unescape(text: string): string {
  return text.replaceAll('$$', '$')
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
