import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, MoorageError, type FileTree } from '@moorage/core'
import { archiveOf, type Archiver } from '../files.ts'
import { call, type Ask } from './find-engine.ts'

type Sdk = typeof import('testcontainers')
type RuntimeClient = Awaited<ReturnType<Sdk['getContainerRuntimeClient']>>

/** The engine's API as testcontainers' own client speaks it. */
export type Engine = RuntimeClient['container']['dockerode']

export interface Client {
  readonly engine: Engine
  /** Where the engine listens. */
  readonly host: string
  /** What needs no more than an answer. */
  readonly ask: Ask
  /** The full name of an image, with the user's mirror in front. */
  imageName(image: string): string
  /** Whether the engine has it; asked once. */
  isThere(image: string): Promise<boolean>
  /** Credentials for a registry, from Docker's own config and helpers. */
  credentials(image: string): Promise<object | undefined>
  create(image: string, adjust: Adjust): Created
  /** What testcontainers' own Ryuk would be made of. */
  ryuk(): Reaper
}

export interface Reaper {
  readonly image: string
  /** The engine's socket as its containers can mount it. */
  readonly socket: string
}

/** What is asked of the engine, and what is told in return. */
export interface Adjust {
  readonly options: object
  readonly hostConfig: object
  readonly network: string
  readonly parcels: readonly FileTree[]
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
  return {
    reason: `testcontainers needs Node ${OLDEST_NODE.join('.')} or later, and this is ${node}`,
    fix: 'use a newer Node, or another provider',
  }
}

export function sdkProblem(root: string): Shortcoming | undefined {
  return resolveSdk(root)
    ? undefined
    : { reason: 'the package testcontainers is not installed', fix: 'npm install --save-dev testcontainers' }
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

let sdk: Promise<{ readonly api: Sdk; readonly path: string }> | undefined

/** Loads the SDK, once. */
function loadSdk(root: string): Promise<{ readonly api: Sdk; readonly path: string }> {
  return (sdk ??= importSdk(root))
}

async function importSdk(root: string): Promise<{ readonly api: Sdk; readonly path: string }> {
  const path = resolveSdk(root)
  if (!path)
    throw new MoorageError('PROVIDER_UNAVAILABLE', 'Provider docker: the package testcontainers is not installed.', {
      provider: 'docker',
      hint: 'npm install --save-dev testcontainers',
    })
  return { api: (await import(pathToFileURL(path).href)) as Sdk, path }
}

const clients = new Map<string, Promise<Client>>()

/** The SDK, connected to an engine; once for each. */
export function loadClient(host: string, root: string): Promise<Client> {
  const known = clients.get(host) ?? connect(host, root)
  clients.set(host, known)
  known.catch(() => clients.delete(host))
  return known
}

async function connect(host: string, root: string): Promise<Client> {
  const { api, path } = await loadSdk(root)
  // The SDK knows no other way to be told; this process is the supervisor's.
  process.env['DOCKER_HOST'] = host
  const runtime = await api.getContainerRuntimeClient().catch((cause: unknown): never => {
    // It has answered us, a moment ago.
    throw new MoorageError(
      'PROVIDER_LOST',
      `The engine at ${host} does not answer testcontainers: ${messageOf(cause)}.`,
      { provider: 'docker', cause },
    )
  })
  const fromSdk = createRequire(path)
  const { getAuthConfig } = fromSdk('./container-runtime/auth/get-auth-config') as {
    getAuthConfig(registry: string): Promise<object | undefined>
  }
  const Bare = bareContainer(api, fromSdk('archiver') as Archiver)
  const named = (image: string): ReturnType<Sdk['ImageName']['fromString']> => api.ImageName.fromString(image)
  return {
    engine: runtime.container.dockerode,
    host,
    ask: (request) => call(host, request),
    imageName: (image) => named(image).string,
    isThere: (image) => runtime.image.exists(named(image)),
    credentials: (image) => getAuthConfig(named(image).registry ?? runtime.info.containerRuntime.indexServerAddress),
    create: (image, adjust) => new Bare(image, adjust),
    ryuk: () => ({
      image: (fromSdk('./reaper/reaper') as { getReaperImage(): string }).getReaperImage(),
      socket: runtime.info.containerRuntime.remoteSocketPath,
    }),
  }
}

/** A container of the SDK's with none of its waiting, and with our own options. */
function bareContainer(sdk: Sdk, archiver: Archiver): new (image: string, adjust: Adjust) => Created {
  return class Bare extends sdk.GenericContainer {
    readonly #adjust: Adjust

    constructor(image: string, adjust: Adjust) {
      super(image)
      this.#adjust = adjust
      this.withAutoCleanup(false).withWaitStrategy(new NoWait())
      if (adjust.parcels.length)
        this.withCopyArchivesToContainer([{ tar: archiveOf(archiver, adjust.parcels), target: '/' }])
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
