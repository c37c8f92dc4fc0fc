import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, MoorageError, type FileTree } from '@moorage/core/provider'
import { deliverFiles, type Archiver } from '../files.ts'
import { logSdkCalls, type Modem } from './debug-calls.ts'
import { callEngine, type CallEngine } from './http.ts'

type Sdk = typeof import('testcontainers')
type RuntimeClient = Awaited<ReturnType<Sdk['getContainerRuntimeClient']>>

interface LoadedSdk {
  readonly api: Sdk
  readonly path: string
}

/** One engine, through the SDK. */
export interface Client {
  readonly dockerode: RuntimeClient['container']['dockerode']
  /** The engine's address. */
  readonly host: string
  /** Calls the engine's API without the SDK. */
  readonly call: CallEngine
  /** The full name of an image, behind the user's registry mirror. */
  imageName(image: string): string
  /** Whether the engine has the image. The SDK remembers the answer. */
  hasImage(image: string): Promise<boolean>
  /** The credentials for the image's registry, from Docker's own config and helpers. */
  registryCredentials(image: string): Promise<object | undefined>
  createContainer(image: string, settings: ContainerSettings): StartableContainer
  /** What testcontainers would start its own Ryuk with. */
  ryukSource(): RyukSource
}

export interface RyukSource {
  readonly image: string
  /** Path of the engine's socket, as a container can mount it. */
  readonly socketPath: string
}

export interface ContainerSettings {
  /** Top-level fields of the engine's "Create a container". */
  readonly createOptions: object
  /** Its `HostConfig`. */
  readonly hostConfig: object
  readonly network: string
  readonly fileTrees: readonly FileTree[]
  /** Called when the container exists and does not run yet. */
  onCreated(containerId: string): Promise<void>
}

export interface StartableContainer {
  start(): Promise<unknown>
}

interface SdkProblem {
  readonly reason: string
  readonly fix: string
}

// Source: testcontainers' package.json, engines. On an older Node it throws while it loads.
const MIN_NODE_VERSION = [22, 22] as const

/** Why the SDK does not run on a version of Node; undefined when it does. */
export function runtimeProblem(nodeVersion: string): SdkProblem | undefined {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const [minMajor, minMinor] = MIN_NODE_VERSION
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined
  return {
    reason: `testcontainers needs Node ${MIN_NODE_VERSION.join('.')} or later, and this is ${nodeVersion}`,
    fix: 'use a newer Node, or another provider',
  }
}

/** Why the SDK cannot be loaded; undefined when it can. */
export function sdkProblem(root: string): SdkProblem | undefined {
  return resolveSdk(root)
    ? undefined
    : { reason: 'the package testcontainers is not installed', fix: 'npm install --save-dev testcontainers' }
}

/** The copy in the user's project, else the one installed beside moorage. */
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

let loadedSdk: Promise<LoadedSdk> | undefined

function loadSdk(root: string): Promise<LoadedSdk> {
  return (loadedSdk ??= importSdk(root))
}

async function importSdk(root: string): Promise<LoadedSdk> {
  const path = resolveSdk(root)
  if (!path)
    throw new MoorageError('PROVIDER_UNAVAILABLE', 'Provider docker: the package testcontainers is not installed.', {
      provider: 'docker',
      hint: 'npm install --save-dev testcontainers',
    })
  return { api: (await import(pathToFileURL(path).href)) as Sdk, path }
}

const clients = new Map<string, Promise<Client>>()

/** The SDK, connected to an engine. Engines share one copy of the SDK and have one client each. */
export function loadClient(host: string, root: string): Promise<Client> {
  const client = clients.get(host) ?? connectSdk(host, root)
  clients.set(host, client)
  client.catch(() => clients.delete(host))
  return client
}

async function connectSdk(host: string, root: string): Promise<Client> {
  const { api, path } = await loadSdk(root)
  // The SDK takes the address from the environment only. This process is the supervisor, which has its own.
  process.env['DOCKER_HOST'] = host
  const runtime = await api.getContainerRuntimeClient().catch((cause: unknown): never => {
    // The engine has answered the probe, so it is lost and not absent.
    throw new MoorageError(
      'PROVIDER_LOST',
      `The engine at ${host} does not answer testcontainers: ${messageOf(cause)}.`,
      { provider: 'docker', cause },
    )
  })
  logSdkCalls(runtime.container.dockerode.modem as Modem)
  const requireFromSdk = createRequire(path)
  const { getAuthConfig } = requireFromSdk('./container-runtime/auth/get-auth-config') as {
    getAuthConfig(registry: string): Promise<object | undefined>
  }
  const PlainContainer = plainContainer(api, requireFromSdk('archiver') as Archiver)
  const parseName = (image: string): ReturnType<Sdk['ImageName']['fromString']> => api.ImageName.fromString(image)
  const { containerRuntime } = runtime.info
  return {
    dockerode: runtime.container.dockerode,
    host,
    call: (request) => callEngine(host, request),
    imageName: (image) => parseName(image).string,
    hasImage: (image) => runtime.image.exists(parseName(image)),
    registryCredentials: (image) => getAuthConfig(parseName(image).registry ?? containerRuntime.indexServerAddress),
    createContainer: (image, settings) => new PlainContainer(image, settings),
    ryukSource: () => ({
      image: (requireFromSdk('./reaper/reaper') as { getReaperImage(): string }).getReaperImage(),
      socketPath: containerRuntime.remoteSocketPath,
    }),
  }
}

/** A container of the SDK with our own settings, and without the SDK's readiness checks and clean-up. */
function plainContainer(
  sdk: Sdk,
  archiver: Archiver,
): new (image: string, settings: ContainerSettings) => StartableContainer {
  return class PlainContainer extends sdk.GenericContainer {
    readonly #settings: ContainerSettings

    constructor(image: string, settings: ContainerSettings) {
      super(image)
      this.#settings = settings
      this.withAutoCleanup(false).withWaitStrategy(new NoWaitStrategy())
      deliverFiles(this, archiver, settings.fileTrees)
    }

    protected override async beforeContainerCreated(): Promise<void> {
      Object.assign(this.createOpts, this.#settings.createOptions)
      Object.assign(this.hostConfig, this.#settings.hostConfig)
      // The SDK overwrites the network in `hostConfig` with this.
      this.networkMode = this.#settings.network
    }

    protected override async containerCreated(id: string): Promise<void> {
      await this.#settings.onCreated(id)
    }
  }
}

/** Core checks readiness, on every provider in the same way. */
class NoWaitStrategy {
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
