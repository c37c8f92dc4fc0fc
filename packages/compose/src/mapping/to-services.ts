import type { Condition, Connection, ContainerForm, Probe, ServiceSpec, Template } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { dependenciesOf } from '../load/select-services.ts'
import { entriesOf, get, getMap, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { buildOf } from './build.ts'
import { withFileVariables } from './file-suffix-variables.ts'
import { knownImage, type KnownImage } from './known-image.ts'
import { mountsOf } from './mounts.ts'
import { checkHostPorts, portsOf, type ServicePorts } from './ports.ts'
import { serviceEnv } from './service-env.ts'
import { containerSettings } from './settings.ts'
import { defined, invalid, numberOf, words } from './values.ts'
import { checkFileExtension, serviceExtension, type ServiceExtension } from './x-moorage.ts'

/** A service of the file, as a container of the run. */
export interface MappedService {
  /** Its key in the config. */
  readonly key: string
  readonly spec: ServiceSpec
}

interface Source {
  readonly name: string
  readonly node: TreeNode
  readonly extension: ServiceExtension
  /** The keys of its containers. */
  readonly keys: readonly string[]
}

/** The containers of the services that run. Throws `MoorageError` (CONFIG_INVALID). */
export function toServices(project: Project, selected: readonly string[]): readonly MappedService[] {
  checkFileExtension(project.root)
  const sources = selected.flatMap((name) => toSource(name, project))
  checkKeys(sources)
  const aliases = collectAliases(sources)
  const mapped = sources.map((source) => ({ source, spec: toSpec(source, { project, sources, aliases }) }))
  checkHostPorts(
    mapped.map(({ source: { name }, spec }) => defined({ name, hostPorts: spec.container?.hostPorts })),
    project,
  )
  return mapped.flatMap(({ source, spec }) => source.keys.map((key) => ({ key, spec })))
}

function toSource(name: string, project: Project): readonly Source[] {
  const node = get(project.services, name)
  if (!node) return []
  const extension = serviceExtension(node, name, project.root)
  const scale =
    numberOf(get(node, 'deploy', 'replicas'), `services.${name}.deploy.replicas`) ??
    numberOf(get(node, 'scale'), `services.${name}.scale`) ??
    1
  if (extension.ignore || scale < 1) return []
  // A key of a config has letters, digits and dashes. The other containers find it by its own name, too.
  const key = name.replace(/[^a-z0-9-]+/gi, '-').replace(/^-+|-+$/g, '')
  const keys = Array.from({ length: scale }, (_, i) => (i === 0 ? key : `${key}-${i + 1}`))
  return [{ name, node, extension, keys }]
}

function checkKeys(sources: readonly Source[]): void {
  const owners = new Map<string, Source>()
  for (const source of sources)
    for (const key of source.keys) {
      const owner = owners.get(key.toLowerCase())
      if (owner)
        throw invalid(
          source.node,
          `services.${source.name}`,
          `services.${owner.name} has the same host name ${key}`,
          'Rename one of them.',
        )
      owners.set(key.toLowerCase(), source)
    }
}

/** Further host names by service: container names, the aliases of links, and names that are no key. */
function collectAliases(sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> {
  const aliases = new Map(sources.map(({ name }) => [name, new Set<string>()]))
  for (const { name, node, keys } of sources) {
    const own = aliases.get(name)
    const containerName = textOf(get(node, 'container_name'))
    if (containerName !== undefined) own?.add(containerName)
    if (keys.length > 1 || keys[0] !== name) own?.add(name)
    for (const link of itemsOf(get(node, 'links'))) {
      const [target = '', alias] = (textOf(link) ?? '').split(':')
      if (alias !== undefined && alias !== target) aliases.get(target)?.add(alias)
    }
  }
  for (const { name, keys } of sources) for (const key of keys) if (keys.length === 1) aliases.get(name)?.delete(key)
  return aliases
}

interface Surroundings {
  readonly project: Project
  readonly sources: readonly Source[]
  readonly aliases: ReadonlyMap<string, ReadonlySet<string>>
}

function toSpec(source: Source, { project, sources, aliases }: Surroundings): ServiceSpec {
  const { name, node, extension } = source
  const at = `services.${name}`
  const image = textOf(get(node, 'image'))
  const built = buildOf(node, name, project)
  if (image === undefined && !built)
    throw invalid(
      node,
      at,
      'it has neither an image nor a build',
      'Add image, or build: . for a Dockerfile beside the file.',
    )
  const env = serviceEnv(node, name, project)
  const command = words(get(node, 'command'), `${at}.command`)
  const mounts = mountsOf(node, name, project)
  const known =
    image === undefined || built ? undefined : knownImage(image, withFileVariables(env, mounts.files), command)
  const { ports, protocol, ...published } = portsOf(node, { name, extra: known?.port, fixed: extension.hostPorts })
  const entrypoint = words(get(node, 'entrypoint'), `${at}.entrypoint`)
  const container: ContainerForm = defined({
    image: built ?? (image as string),
    env: Object.keys(env).length ? env : undefined,
    command,
    entrypoint,
    ...containerSettings(node, name),
    ...networksOf(source, { project, sources, aliases }),
    ...mounts,
    ...published,
    hostAccess: extension.hostAccess,
    connection: connectionOf(ports, known, extension.protocol ?? protocol ?? 'http'),
    ready: readiness({ node, known, ports, extension }),
  })
  return defined({
    preset: 'compose',
    ports,
    container,
    needs: needsOf(source, sources),
    as: extension.as,
    variables: extension.variables,
  })
}

function connectionOf(ports: ServicePorts['ports'], known: KnownImage | undefined, protocol: string): Connection {
  const names = Object.keys(ports)
  const host: Template = { $self: ['host'] }
  const port: Template = { $self: ['port'] }
  const each = names.map(
    (name) => [name, { host: { $self: ['ports', name, 'host'] }, port: { $self: ['ports', name, 'port'] } }] as const,
  )
  // The URL of a known image belongs to its port.
  const isKnown = known?.connection && Object.values(ports)[0] === known.port
  const main = isKnown ? known.connection : { host, port, url: { $join: [`${protocol}://`, host, ':', port] } }
  return { ...(names.length ? main : {}), ports: Object.fromEntries(each) }
}

function readiness({
  node,
  known,
  ports,
  extension,
}: {
  readonly node: TreeNode
  readonly known: KnownImage | undefined
  readonly ports: ServicePorts['ports']
  readonly extension: ServiceExtension
}): readonly Probe[] {
  if (extension.ready) return extension.ready
  const mainPort = Object.values(ports)[0]
  const isKnown = known?.ready && mainPort === known.port
  // A published port promises a server. A port that is only exposed, or comes from nowhere, may have none.
  const promised = itemsOf(get(node, 'ports')).length > 0
  const port: readonly Probe[] = isKnown
    ? (known.ready ?? [])
    : promised && mainPort !== undefined
      ? [{ kind: 'tcp' }]
      : []
  return [...port, { kind: 'health', optional: true }]
}

const CONDITIONS: { readonly [condition: string]: Condition } = {
  service_started: 'started',
  service_healthy: 'ready',
  service_completed_successfully: 'completed',
}

function needsOf({ name, node }: Source, sources: readonly Source[]): ServiceSpec['needs'] {
  const needs = dependenciesOf(node).flatMap(({ target, condition, at }) => {
    const keys = sources.find((source) => source.name === target)?.keys ?? []
    const found = CONDITIONS[condition]
    if (!found)
      throw invalid(
        { kind: 'scalar', value: condition, at },
        `services.${name}.depends_on.${target}.condition`,
        `'${condition}' is no condition`,
        `Write ${Object.keys(CONDITIONS).join(', ')}.`,
      )
    return keys.map((key) => [key, found] as const)
  })
  return needs.length ? Object.fromEntries(needs) : undefined
}

/** The networks of a service. Where all services of the run share one, that of the run does. */
function networksOf(
  source: Source,
  { project, sources, aliases }: Surroundings,
): Pick<ContainerForm, 'aliases' | 'networks'> {
  const own = namesOfNetworks(source)
  const names = [...(aliases.get(source.name) ?? [])]
  for (const { name: network, node } of own)
    if (network !== 'default' && !hasKey(getMap(project.root, 'networks'), network))
      throw invalid(
        node,
        `services.${source.name}.networks`,
        `there is no network '${network}'`,
        `Add it to networks, which has ${namesIn(project)}.`,
      )
  const all = new Set(sources.flatMap((other) => namesOfNetworks(other).map(({ name }) => name)))
  const aliasesIn = (node: TreeNode): readonly string[] =>
    itemsOf(get(node, 'aliases')).flatMap((item) => textOf(item) ?? [])
  if (all.size <= 1) {
    const further = [...new Set([...names, ...own.flatMap(({ node }) => aliasesIn(node))])]
    return further.length ? { aliases: further } : {}
  }
  const networks = own.map(({ name, node }) => {
    const further = [...new Set([...names, ...aliasesIn(node)])]
    return [name, further.length ? { aliases: further } : {}] as const
  })
  return { networks: Object.fromEntries(networks) }
}

function namesOfNetworks({ node }: Source): readonly { readonly name: string; readonly node: TreeNode }[] {
  const networks = entriesOf(get(node, 'networks')).map(([name, value]) => ({ name, node: value }))
  return networks.length ? networks : [{ name: 'default', node }]
}

function hasKey(node: TreeNode | undefined, name: string): boolean {
  return node?.kind === 'map' && node.entries.has(name)
}

function namesIn({ root }: Project): string {
  return (
    entriesOf(get(root, 'networks'))
      .map(([name]) => name)
      .join(', ') || 'none'
  )
}
