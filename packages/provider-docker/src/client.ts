import { createRequire, enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheFolder, MoorageError } from '@moorage/core'

type Sdk = typeof import('testcontainers')
type RuntimeClient = Awaited<ReturnType<Sdk['getContainerRuntimeClient']>>

/** The engine's API as testcontainers' own client speaks it. */
export type Engine = RuntimeClient['container']['dockerode']

export interface Client {
  readonly engine: Engine
  /** Where the engine listens. */
  readonly host: string
  /** The full name of an image, with the user's mirror in front. */
  imageName(image: string): string
  /** Credentials for a registry, from Docker's own config and helpers. */
  credentials(image: string): Promise<object | undefined>
  create(image: string, adjust: Adjust): Created
}

/** What is asked of the engine, and what is told in return. */
export interface Adjust {
  readonly options: object
  readonly hostConfig: object
  readonly network: string
  readonly files: readonly { readonly source: string; readonly target: string; readonly folder: boolean }[]
  readonly contents: readonly { readonly content: string; readonly target: string; readonly mode?: number }[]
  /** The container exists, but does not run yet. */
  created(id: string): Promise<void>
}

export interface Created {
  start(): Promise<unknown>
}

interface Shortcoming {
  readonly reason: string
  readonly fix: string
}

// testcontainers' package.json, engines: it throws on load below.
const OLDEST_NODE = [22, 22] as const

export function runtimeProblem(node: string): Shortcoming | undefined {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return undefined
  return { reason: `testcontainers needs Node ${OLDEST_NODE.join('.')} or later, and this is ${node}`, fix: 'use a newer Node, or another provider' }
}

export function sdkProblem(root: string): Shortcoming | undefined {
  return resolveSdk(root) ? undefined : { reason: 'the package testcontainers is not installed', fix: 'npm install --save-dev testcontainers' }
}

/** From the user's project, else from beside moorage. */
function resolveSdk(root: string): string | undefined {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve('testcontainers')
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

const clients = new Map<string, Promise<Client>>()

/** Loads the SDK, once. */
export function loadClient(host: string, root: string): Promise<Client> {
  const known = clients.get(host) ?? load(host, root)
  clients.set(host, known)
  return known
}

async function load(host: string, root: string): Promise<Client> {
  const path = resolveSdk(root)
  if (!path) throw new MoorageError('PROVIDER_UNAVAILABLE', 'Provider docker: the package testcontainers is not installed.', { provider: 'docker', hint: 'npm install --save-dev testcontainers' })
  // Compiled once per machine: 180 ms of loading become 120.
  enableCompileCache(join(cacheFolder(process.env), 'compiled'))
  // The SDK knows no other way to be told; this process is the supervisor's.
  process.env['DOCKER_HOST'] = host
  const sdk = (await import(pathToFileURL(path).href)) as Sdk
  const runtime = await sdk.getContainerRuntimeClient()
  const { getAuthConfig } = createRequire(path)('./container-runtime/auth/get-auth-config') as { getAuthConfig(registry: string): Promise<object | undefined> }
  const Bare = bareContainer(sdk)
  return {
    engine: runtime.container.dockerode,
    host,
    imageName: (image) => sdk.ImageName.fromString(image).string,
    credentials: (image) => getAuthConfig(sdk.ImageName.fromString(image).registry ?? runtime.info.containerRuntime.indexServerAddress),
    create: (image, adjust) => new Bare(image, adjust),
  }
}

/** A container of the SDK's with none of its waiting, and with our own options. */
function bareContainer(sdk: Sdk): new (image: string, adjust: Adjust) => Created {
  return class Bare extends sdk.GenericContainer {
    readonly #adjust: Adjust

    constructor(image: string, adjust: Adjust) {
      super(image)
      this.#adjust = adjust
      this.withAutoCleanup(false).withWaitStrategy(new NoWait())
      const folders = adjust.files.filter(({ folder }) => folder)
      this.withCopyDirectoriesToContainer(folders.map(({ source, target }) => ({ source, target })))
      this.withCopyFilesToContainer(adjust.files.filter(({ folder }) => !folder).map(({ source, target }) => ({ source, target })))
      this.withCopyContentToContainer([...adjust.contents])
    }

    protected override async beforeContainerCreated(): Promise<void> {
      Object.assign(this.createOpts, this.#adjust.options)
      Object.assign(this.hostConfig, this.#adjust.hostConfig)
      // The SDK overwrites the host config's own with this.
      this.networkMode = this.#adjust.network
    }

    protected override async containerCreated(id: string): Promise<void> {
      await this.#adjust.created(id)
    }
  }
}

/** Readiness is core's. */
class NoWait {
  waitUntilReady(): Promise<void> {
    return Promise.resolve()
  }

  withStartupTimeout(): this {
    return this
  }

  isStartupTimeoutSet(): boolean {
    return true
  }

  getStartupTimeout(): number {
    return 0
  }
}
