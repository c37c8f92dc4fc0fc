import { relative } from 'node:path'
import type { AnyConfig, ContainerForm, Json, ServiceSpec } from '@moorage/core'
import { serviceHostName } from '@moorage/core/runner'
import { renderedText, renderedVariables } from './redacted-text.ts'

export type JsonMap = { readonly [key: string]: Json }

const CONDITIONS = {
  started: 'service_started',
  ready: 'service_healthy',
  completed: 'service_completed_successfully',
} as const

/** The containers of a config as a compose file. Services that have no container are left out. */
export function composeFile({ services, root }: AnyConfig): JsonMap {
  const containers = Object.entries(services).flatMap(([name, spec]) =>
    spec.container ? [{ name, spec, form: spec.container }] : [],
  )
  const configs: Record<string, Json> = {}
  const rendered = containers.map(({ name, spec, form }) => {
    const service = composeService(name, spec, form, services)
    const files = Object.entries(form.files ?? {}).map(([path, file], i) => {
      if ('$file' in file) return { volume: `${fromRoot(file.$file, root)}:${path}:ro` }
      const key = `${serviceHostName(name)}-${i + 1}`
      configs[key] = { content: escape(renderedText(file.content, name, services)) }
      return { config: { source: key, target: path, mode: file.mode ?? 0o644 } }
    })
    const volumes = [
      ...Object.entries(form.volumes ?? {}).map(
        ([path, { volume, readOnly }]) => `${volume}:${path}${readOnly ? ':ro' : ''}`,
      ),
      ...files.flatMap(({ volume }) => volume ?? []),
    ]
    return [
      serviceHostName(name),
      { ...service, volumes, configs: files.flatMap(({ config }) => config ?? []) },
    ] as const
  })
  const named = containers.flatMap(({ form }) => Object.values(form.volumes ?? {}).map(({ volume }) => volume))
  const networks = containers.flatMap(({ form }) => Object.keys(form.networks ?? {}))
  return {
    services: Object.fromEntries(rendered),
    ...emptyMaps('volumes', named),
    ...emptyMaps('networks', networks),
    ...(Object.keys(configs).length ? { configs } : {}),
  } as JsonMap
}

function composeService(name: string, spec: ServiceSpec, form: ContainerForm, services: AnyConfig['services']): object {
  const words = (list: ContainerForm['command']): readonly string[] | undefined =>
    list?.map((word) => escape(renderedText(word, name, services)))
  const { image, dns, resources, capabilities, healthCheck, networks, aliases, hostPorts = {} } = form
  const variables = Object.entries(renderedVariables(form.env, name, services))
  return {
    ...(typeof image === 'string' ? { image } : { build: image }),
    entrypoint: words(form.entrypoint),
    command: words(form.command),
    environment: variables.length
      ? Object.fromEntries(variables.map(([key, value]) => [key, escape(value)]))
      : undefined,
    user: form.user,
    group_add: form.groups,
    working_dir: form.workingDir,
    hostname: form.hostName,
    labels: form.labels,
    extra_hosts: form.extraHosts,
    dns: dns?.servers,
    dns_search: dns?.search,
    dns_opt: dns?.options,
    networks: networks ?? (aliases ? { default: { aliases } } : undefined),
    tmpfs: form.tmpfs?.map((mount) => (typeof mount === 'string' ? mount : tmpfsText(mount))),
    shm_size: form.shmSizeBytes,
    cpus: resources?.cpus,
    mem_limit: resources?.memoryBytes,
    mem_reservation: resources?.reservedMemoryBytes,
    pids_limit: resources?.pids,
    cap_add: capabilities?.add,
    cap_drop: capabilities?.drop,
    privileged: form.privileged,
    devices: form.devices,
    sysctls: form.sysctls,
    ulimits: form.ulimits,
    security_opt: form.securityOptions,
    init: form.init,
    read_only: form.readOnlyRoot,
    pid: form.pidMode,
    ipc: form.ipcMode,
    tty: form.tty,
    stdin_open: form.stdin,
    stop_signal: form.stopSignal,
    stop_grace_period: form.stopGrace === undefined ? undefined : `${form.stopGrace}s`,
    restart: form.restart,
    platform: form.platform,
    pull_policy: form.pull,
    logging: form.logOptions ? { options: form.logOptions } : undefined,
    healthcheck: healthCheck === 'none' ? { disable: true } : healthCheck && composeHealthCheck(healthCheck),
    ports: [
      // A port of 127.0.0.1 that is free, unless the config fixes it.
      ...Object.entries(spec.ports).map(([key, port]) => `127.0.0.1:${hostPorts[key] ?? ''}:${port}`),
      ...Object.values(form.udpPorts ?? {}).map((port) => `${port}/udp`),
    ],
    depends_on: dependencies(name, spec, services),
  }
}

function dependencies(name: string, spec: ServiceSpec, services: AnyConfig['services']): object | undefined {
  // A service that another one refers to has to be ready before.
  const referred = [...JSON.stringify(spec.container).matchAll(/"\$ref":\["([^"]+)"/g)].map(([, target = '']) => target)
  const needs = { ...Object.fromEntries(referred.map((target) => [target, 'ready' as const])), ...spec.needs }
  const needed = Object.entries(needs).filter(([target]) => target !== name && services[target]?.container)
  if (!needed.length) return undefined
  // Compose takes a service without a health check as healthy never: what is only ready for moorage is started there.
  const entries = needed.map(([target, condition]) => {
    const checked = services[target]?.container?.healthCheck
    const known = condition === 'ready' && (checked === undefined || checked === 'none') ? 'started' : condition
    return [serviceHostName(target), { condition: CONDITIONS[known] }]
  })
  return Object.fromEntries(entries) as object
}

function composeHealthCheck(check: Exclude<NonNullable<ContainerForm['healthCheck']>, 'none'>): object {
  const ms = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}ms`)
  const test = typeof check.test === 'string' ? ['CMD-SHELL', check.test] : ['CMD', ...check.test]
  return {
    test: test.map(escape),
    interval: ms(check.intervalMs),
    timeout: ms(check.timeoutMs),
    retries: check.retries,
    start_period: ms(check.startPeriodMs),
    start_interval: ms(check.startIntervalMs),
  }
}

function tmpfsText({ path, sizeBytes, mode }: Exclude<NonNullable<ContainerForm['tmpfs']>[number], string>): string {
  const options = [
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
  ]
  return options.length ? `${path}:${options.join(',')}` : path
}

function emptyMaps(key: string, names: readonly string[]): object {
  return names.length ? { [key]: Object.fromEntries(names.map((name) => [name, {}])) } : {}
}

/** Compose replaces variables in every text. */
function escape(text: string): string {
  return text.replaceAll('$', '$$$$')
}

function fromRoot(path: string, root: string): string {
  const inner = relative(root, path)
  return path.startsWith('/') && !inner.startsWith('..') ? `./${inner}` : path
}
