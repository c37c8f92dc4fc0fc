import type { Condition, Connection, ContainerForm, Probe, ServiceSpec, Template } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { dependenciesOf } from '../load/select-services.ts'
import { get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { buildOf } from './build.ts'
import { withFileVariables } from './file-suffix-variables.ts'
import { knownImage, type KnownImage } from './known-image.ts'
import { mountsOf } from './mounts.ts'
import { collectAliases, networksOf, type Surroundings } from './networks.ts'
import { checkHostPorts, portsOf, type ServicePorts } from './ports.ts'
import { serviceEnv } from './service-env.ts'
import type { Source } from './selected-service.ts'
import { containerSettings } from './settings.ts'
import { defined, invalid, numberOf, words } from './values.ts'
import { checkFileExtension, serviceExtension, type ServiceExtension } from './x-moorage.ts'

/** A service of the file, as a container of the run. */
export interface MappedService {
  /** Its key in the config. */
  readonly key: string
  readonly spec: ServiceSpec
}

/** The containers of the services that run. Throws `MoorageError` (CONFIG_INVALID). */
export function toServices(
  project: Project,
  selected: readonly string[],
  { attach = true }: { readonly attach?: boolean } = {},
): readonly MappedService[] {
  checkFileExtension(project.root)
  const sources = selected.flatMap((name) => toSource(name, project))
  checkKeys(sources)
  const aliases = collectAliases(sources)
  const attaches = attach && textOf(get(project.root, 'x-moorage', 'attach')) !== 'false'
  const surroundings = { project, sources, aliases }
  const mapped = sources.flatMap((source) =>
    source.keys.map((key, i) => {
      const spec = toSpec(source, key, surroundings)
      return { name: source.name, key, spec: attaches ? withMember(spec, source, { project, number: i + 1 }) : spec }
    }),
  )
  checkHostPorts(
    mapped.map(({ name, spec }) => defined({ name, hostPorts: spec.container?.hostPorts })),
    project,
  )
  return mapped.map(({ key, spec }) => ({ key, spec }))
}

/** A container of the service, as `docker compose up` makes one. */
function withMember(
  spec: ServiceSpec,
  { name, node }: Source,
  { project, number }: { readonly project: Project; readonly number: number },
): ServiceSpec {
  const image = get(node, 'build') ? undefined : textOf(get(node, 'image'))
  const composeMember = defined({ project: project.name, folder: project.folder, service: name, number, image })
  return spec.container ? { ...spec, container: { ...spec.container, composeMember } } : spec
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

function toSpec(source: Source, key: string, { project, sources, aliases }: Surroundings): ServiceSpec {
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
  const mounts = mountsOf(node, { name, key }, project)
  const knownName = extension.presetImage ?? (built ? undefined : image)
  const known =
    knownName === undefined ? undefined : knownImage(knownName, withFileVariables(env, mounts.files), command)
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
    connection: connectionOf(ports, known, { ...extension, protocol: extension.protocol ?? protocol ?? 'http' }),
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

function connectionOf(
  ports: ServicePorts['ports'],
  known: KnownImage | undefined,
  { url, protocol }: Pick<ServiceExtension, 'url'> & { readonly protocol: string },
): Connection {
  const names = Object.keys(ports)
  const host: Template = { $self: ['host'] }
  const port: Template = { $self: ['port'] }
  const each = names.map(
    (name) => [name, { host: { $self: ['ports', name, 'host'] }, port: { $self: ['ports', name, 'port'] } }] as const,
  )
  // The URL of a known image belongs to its port.
  const isKnown = known?.connection && Object.values(ports)[0] === known.port
  const main = isKnown ? known.connection : { host, port, url: { $join: [`${protocol}://`, host, ':', port] } }
  return { ...(names.length ? main : {}), ...(url === undefined ? {} : { url }), ports: Object.fromEntries(each) }
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
