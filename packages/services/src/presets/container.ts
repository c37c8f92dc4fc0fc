import { MoorageError, service, type CommonOptions, type Env, type Probe, type Service, type Text } from '@moorage/core'
import { notIsolated } from '../options/isolate-option.ts'
import { seedOf } from '../options/seed-option.ts'
import { sharedOf } from '../options/shared-options.ts'

export interface ContainerOptions<P extends string = string, N extends string = string> extends CommonOptions<N> {
  readonly image: string
  /** What it listens on, by names of your choice; the first one is the main port. */
  readonly ports: { readonly [K in P]: number }
  readonly env?: Env
  readonly command?: readonly Text[]
  readonly entrypoint?: readonly Text[]
  /** Numeric `uid` or `uid:gid`. Default: the image's. */
  readonly user?: string
  readonly workingDir?: string
  /** Folders in memory. */
  readonly tmpfs?: readonly string[]
  /** Files and folders of yours, by path in the container; there before its main process starts. */
  readonly files?: { readonly [path: string]: string }
  /**
   * Gives this machine the name `host.moorage.internal` in the container. Ports are lent to it by that name wherever their
   * servers listen; with `true` it reaches only servers that listen on every address. Throws OPTION_UNSUPPORTED where the
   * provider has no way to this machine.
   */
  readonly hostAccess?: true | readonly number[]
  /** Protocol of the main port's URL. Default: `http`. */
  readonly protocol?: string
  /** All must hold, in this order. Default: the main port accepts a connection. */
  readonly ready?: readonly Probe[]
  /** Path of a module that exports `seed(connection)`, run once per run before the service is ready. */
  readonly seed?: string
}

export interface ContainerConnection<P extends string> {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly ports: { readonly [K in P]: { readonly host: string; readonly port: number } }
}

/** Any image. */
export function container<const P extends string, const N extends string = never>(
  options: ContainerOptions<P, N>,
): Service<ContainerConnection<P>, N> {
  notIsolated('container', options)
  const {
    image,
    ports,
    protocol = 'http',
    ready,
    env,
    command,
    entrypoint,
    user,
    workingDir,
    tmpfs,
    files,
    hostAccess,
  } = options
  if (!image)
    throw new MoorageError('CONFIG_INVALID', 'container({ image }) is empty.', {
      hint: "Give an image, as in 'nginx:1.28'.",
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
      user,
      workingDir,
      tmpfs,
      hostAccess,
      files: files && Object.fromEntries(Object.entries(files).map(([path, file]) => [path, { $file: file }])),
      connection: { ...main, ports: each },
      ready: ready ?? (names.length ? [{ kind: 'tcp' }] : []),
    },
    ...seedOf('container', options.seed, { sql: false }),
    ...sharedOf(options),
  }
  const shape = {
    host: 0,
    port: 0,
    url: 0,
    ports: Object.fromEntries(names.map((name) => [name, { host: 0, port: 0 }])),
  }
  return service('container', spec, shape) as unknown as Service<ContainerConnection<P>, N>
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536
}

function checkHostAccess(given: unknown): void {
  const wrong =
    given === undefined || given === true
      ? undefined
      : Array.isArray(given) && given.length
        ? given.find((port) => !isPort(port))
        : given
  if (wrong === undefined) return
  throw new MoorageError('CONFIG_INVALID', `container({ hostAccess }): ${JSON.stringify(wrong)} is not a port.`, {
    hint: 'List ports of this machine, as in [3000], or give true for its name alone.',
  })
}

function checkPort(name: string, port: number): void {
  if (isPort(port)) return
  throw new MoorageError('CONFIG_INVALID', `container({ ports: { ${name} } }): ${port} is not a port.`, {
    hint: 'Give the number that the image listens on, 1 to 65535.',
  })
}
