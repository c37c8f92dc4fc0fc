import {
  CONTAINER_SETTINGS,
  MoorageError,
  rejectUnknownOptions,
  service,
  type BuildSpec,
  type OptionNames,
  type CommonOptions,
  type ContainerSettings,
  type Env,
  type Probe,
  type Service,
  type Text,
} from '@moorage/core'
import { rejectIsolate } from '../options/isolate-option.ts'
import { seedSpec } from '../options/seed-option.ts'
import { COMMON_OPTIONS, commonSpec } from '../options/common-options.ts'

export interface ContainerOptions<P extends string = string, N extends string = string>
  extends CommonOptions<N>, ContainerSettings {
  /**
   * The image with its tag or digest, which the provider's machine or cluster pulls; or `build('./folder')`, which
   * builds it from a Dockerfile.
   */
  readonly image: string | BuildSpec
  /** The ports that the container listens on, by names of your choice. The first one is the main port. */
  readonly ports: { readonly [K in P]: number }
  /** Environment variables. Values may contain references to other services. Default: only the image's own. */
  readonly env?: Env
  /** Arguments of the entrypoint, Docker's CMD. Default: the image's. */
  readonly command?: readonly Text[]
  /** The executable and its first arguments, Docker's ENTRYPOINT. Default: the image's. */
  readonly entrypoint?: readonly Text[]
  /**
   * Files and folders to copy into the container before its main process starts: their paths on this machine, by
   * absolute path in the container. A relative path starts at the config's `root`. Default: none.
   */
  readonly files?: { readonly [path: string]: string }
  /** Scheme of the main port's URL. Default: `http`. */
  readonly protocol?: string
  /**
   * Probes that must succeed, in this order, before the service is ready. Default: the main port accepts a TCP
   * connection, and the health check of the config or of the image succeeds, if there is one.
   */
  readonly ready?: readonly Probe[]
  /** Path of a module that exports `seed(connection)`. It runs once per run, before the service is ready. */
  readonly seed?: string
}

export interface ContainerConnection<P extends string> {
  /** Host of the main port, as the reader of the connection reaches it. */
  readonly host: string
  /** Number of the main port, as the reader of the connection reaches it. */
  readonly port: number
  /** URL of the main port, with the scheme that `protocol` names. */
  readonly url: string
  /** Host and number of each port, by name. */
  readonly ports: { readonly [K in P]: { readonly host: string; readonly port: number } }
}

const OPTIONS: OptionNames<ContainerOptions> = {
  image: true,
  ports: true,
  env: true,
  command: true,
  entrypoint: true,
  files: true,
  protocol: true,
  ready: true,
  seed: true,
  ...CONTAINER_SETTINGS,
  ...COMMON_OPTIONS,
}

/**
 * A container of any image. A plain process cannot run it. Throws `MoorageError` (CONFIG_INVALID) if `image` is empty,
 * for an invalid port or seed, and for `isolate`.
 */
export function container<const P extends string, const N extends string = never>(
  options: ContainerOptions<P, N>,
): Service<ContainerConnection<P>, N> {
  rejectIsolate('container', options)
  rejectUnknownOptions('container', options, OPTIONS)
  const { image, ports, protocol = 'http', ready, env, command, entrypoint, files, hostAccess } = options
  if (!image)
    throw new MoorageError('CONFIG_INVALID', 'container({ image }) is empty.', {
      hint: "Give an image, such as 'nginx:1.28'.",
    })
  const names = Object.keys(ports) as P[]
  for (const name of names) checkPort(name, ports[name])
  checkHostAccess(hostAccess)
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const each = Object.fromEntries(
    names.map((name) => [name, { host: { $self: ['ports', name, 'host'] }, port: { $self: ['ports', name, 'port'] } }]),
  )
  const main = names.length ? { host, port, url: { $join: [`${protocol}://`, host, ':', port] } } : {}
  const spec = {
    preset: 'container',
    ports,
    container: {
      image,
      env,
      command,
      entrypoint,
      ...settingsOf(options),
      files: files && Object.fromEntries(Object.entries(files).map(([path, file]) => [path, { $file: file }])),
      connection: { ...main, ports: each },
      ready: ready ?? [...(names.length ? [{ kind: 'tcp' }] : []), { kind: 'health', optional: true }],
    },
    ...seedSpec('container', options.seed, { sql: false }),
    ...commonSpec(options),
  }
  const shape = {
    host: 0,
    port: 0,
    url: 0,
    ports: Object.fromEntries(names.map((name) => [name, { host: 0, port: 0 }])),
  }
  return service('container', spec, shape) as unknown as Service<ContainerConnection<P>, N>
}

function settingsOf(options: ContainerSettings): ContainerSettings {
  const names = Object.keys(CONTAINER_SETTINGS) as (keyof ContainerSettings)[]
  return Object.fromEntries(names.map((name) => [name, options[name]]))
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536
}

function checkHostAccess(hostAccess: unknown): void {
  if (hostAccess === undefined || hostAccess === true) return
  const isList = Array.isArray(hostAccess) && hostAccess.length > 0
  const wrong: unknown = isList ? hostAccess.find((port) => !isPort(port)) : hostAccess
  if (wrong === undefined) return
  throw new MoorageError('CONFIG_INVALID', `container({ hostAccess }): ${JSON.stringify(wrong)} is not a port.`, {
    hint: 'List ports of this machine, such as [3000], or use true for the host name alone.',
  })
}

function checkPort(name: string, port: number): void {
  if (isPort(port)) return
  if (/^\d+\/udp$/i.test(String(port)))
    throw new MoorageError('CONFIG_INVALID', `container({ ports: { ${name} } }): ${port} is a UDP port.`, {
      hint: 'Tests reach services by TCP only, since no forward of Kubernetes carries UDP. Give a TCP port. For the UDP port, which other services reach by the host name, write udpPorts.',
    })
  throw new MoorageError('CONFIG_INVALID', `container({ ports: { ${name} } }): ${port} is not a port.`, {
    hint: 'Give the port that the image listens on, from 1 to 65535.',
  })
}
