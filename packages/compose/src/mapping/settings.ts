import type { ContainerResources, ContainerSettings } from '@moorage/core'
import { entriesOf, get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { readEnvFile } from '../variables/env-file.ts'
import { healthCheck } from './health-check.ts'
import { bytes, defined, durationMs, invalid, isTrue, numberOf, textMap, texts } from './values.ts'

/** The settings of a container, without those that other services decide: aliases, networks, volumes and ports. */
export function containerSettings(service: TreeNode, name: string): ContainerSettings {
  const key = (path: string): string => `services.${name}.${path}`
  const text = (path: string): string | undefined => textOf(get(service, path))
  const flag = (path: string): true | undefined => (isTrue(get(service, path)) ? true : undefined)
  const listed = (path: string): readonly string[] | undefined => nonEmpty(texts(get(service, path)))
  const shared = (path: string): { readonly [name: string]: string } | undefined =>
    nonEmptyMap(textMap(get(service, path)))
  const grace = durationMs(get(service, 'stop_grace_period'), key('stop_grace_period'))
  const capabilities = defined({ add: listed('cap_add'), drop: listed('cap_drop') })
  const dns = defined({ servers: listed('dns'), search: listed('dns_search'), options: listed('dns_opt') })
  const resources = resourcesOf(service, key)
  return defined({
    user: text('user'),
    groups: listed('group_add'),
    workingDir: text('working_dir'),
    hostName: text('hostname'),
    labels: labelsOf(service),
    extraHosts: shared('extra_hosts'),
    dns: nonEmptyMap(dns),
    shmSizeBytes: bytes(get(service, 'shm_size'), key('shm_size')),
    resources: nonEmptyMap(resources),
    capabilities: nonEmptyMap(capabilities),
    privileged: flag('privileged'),
    devices: nonEmpty(itemsOf(get(service, 'devices')).map(deviceOf)),
    sysctls: shared('sysctls'),
    ulimits: ulimitsOf(get(service, 'ulimits'), key),
    securityOptions: listed('security_opt'),
    init: flag('init'),
    readOnlyRoot: flag('read_only'),
    pidMode: oneOf(get(service, 'pid'), key('pid'), ['host'] as const),
    ipcMode: oneOf(get(service, 'ipc'), key('ipc'), ['host', 'private', 'shareable', 'none'] as const),
    tty: flag('tty'),
    stdin: flag('stdin_open'),
    stopSignal: text('stop_signal'),
    stopGrace: grace === undefined ? undefined : Math.ceil(grace / 1_000),
    restart: restartOf(service),
    platform: text('platform'),
    pull: pullOf(get(service, 'pull_policy'), key('pull_policy')),
    logOptions: nonEmptyMap(textMap(get(service, 'logging', 'options'))),
    healthCheck: healthCheck(get(service, 'healthcheck'), key('healthcheck')),
  })
}

/** The labels of the files that `label_file` names, and of `labels`, which win. */
function labelsOf(service: TreeNode): { readonly [name: string]: string } | undefined {
  const files = texts(get(service, 'label_file')).map((file) => readEnvFile({ file, lookup: () => undefined }))
  return nonEmptyMap(Object.assign({}, ...files, textMap(get(service, 'labels'))) as { [name: string]: string })
}

function resourcesOf(service: TreeNode, key: (path: string) => string): ContainerResources {
  const limits = get(service, 'deploy', 'resources', 'limits')
  const reserved = get(service, 'deploy', 'resources', 'reservations')
  const quota = numberOf(get(service, 'cpu_quota'), key('cpu_quota'))
  const period = numberOf(get(service, 'cpu_period'), key('cpu_period')) ?? DEFAULT_CPU_PERIOD
  const at = (path: string): string => key(`deploy.resources.${path}`)
  return defined({
    cpus:
      numberOf(get(limits, 'cpus'), at('limits.cpus')) ??
      numberOf(get(service, 'cpus'), key('cpus')) ??
      (quota === undefined ? undefined : quota / period),
    memoryBytes:
      bytes(get(limits, 'memory'), at('limits.memory')) ?? bytes(get(service, 'mem_limit'), key('mem_limit')),
    pids: numberOf(get(limits, 'pids'), at('limits.pids')) ?? numberOf(get(service, 'pids_limit'), key('pids_limit')),
    reservedCpus: numberOf(get(reserved, 'cpus'), at('reservations.cpus')),
    reservedMemoryBytes:
      bytes(get(reserved, 'memory'), at('reservations.memory')) ??
      bytes(get(service, 'mem_reservation'), key('mem_reservation')),
  })
}

// Microseconds. Source: Docker documentation, "Configure the default CFS scheduler".
const DEFAULT_CPU_PERIOD = 100_000

function deviceOf(item: TreeNode): string {
  if (item.kind !== 'map') return textOf(item) ?? ''
  const source = textOf(get(item, 'source')) ?? ''
  const parts = [source, textOf(get(item, 'target')) ?? source, textOf(get(item, 'permissions')) ?? 'rwm']
  return parts.join(':')
}

function ulimitsOf(node: TreeNode | undefined, key: (path: string) => string): ContainerSettings['ulimits'] {
  const limits = entriesOf(node).map(([name, value]) => {
    const both = value.kind === 'map' ? undefined : numberOf(value, key(`ulimits.${name}`))
    const soft = both ?? numberOf(get(value, 'soft'), key(`ulimits.${name}.soft`)) ?? 0
    return [name, { soft, hard: both ?? numberOf(get(value, 'hard'), key(`ulimits.${name}.hard`)) ?? soft }] as const
  })
  return limits.length ? Object.fromEntries(limits) : undefined
}

function restartOf(service: TreeNode): ContainerSettings['restart'] {
  const condition = textOf(get(service, 'deploy', 'restart_policy', 'condition'))
  // A policy such as on-failure:3 limits the number of starts, which the engine chooses here.
  const policy = CONDITIONS[condition ?? ''] ?? textOf(get(service, 'restart'))?.replace(/:\d+$/, '')
  return POLICIES.find((known) => known === policy && known !== 'no')
}

const POLICIES = ['no', 'always', 'on-failure', 'unless-stopped'] as const
const CONDITIONS: { readonly [condition: string]: string } = { any: 'always', 'on-failure': 'on-failure', none: 'no' }

function pullOf(node: TreeNode | undefined, key: string): ContainerSettings['pull'] {
  const policy = textOf(node)
  if (!node || policy === undefined || policy === 'build') return undefined
  if (policy === 'always' || policy === 'never') return policy
  if (/^(missing|if_not_present|daily|weekly|refresh|every_\w+)$/.test(policy)) return 'missing'
  throw invalid(node, key, `'${policy}' is no policy`, 'Write always, missing or never.')
}

function oneOf<const T extends string>(node: TreeNode | undefined, key: string, known: readonly T[]): T | undefined {
  const text = textOf(node)
  if (!node || text === undefined || text === '') return undefined
  const found = known.find((value) => value === text)
  if (found === undefined)
    throw invalid(node, key, `moorage has no mode ${text}`, `Write ${known.join(', ')}, or remove the key.`)
  return found
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length ? list : undefined
}

function nonEmptyMap<T extends object>(map: T): T | undefined {
  return Object.keys(map).length ? map : undefined
}
