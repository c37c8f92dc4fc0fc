import { createRequire } from 'node:module'
import { findCredentials, messageOf, MoorageError, type CredentialSearch } from '@moorage/core/provider'
import type { Tar } from '../files.ts'
import { logSdkCalls, type Modem } from './debug-calls.ts'
import type { Engine } from './engine-address.ts'
import { sdkContainer, type SdkContainerSettings, type StartableContainer } from './sdk-container.ts'
import { connectSdk } from './connect-sdk.ts'
import { loadSdk, type RuntimeClient, type Sdk } from './load-sdk.ts'

/** One engine, through the SDK. */
export interface Client {
  readonly dockerode: RuntimeClient['container']['dockerode']
  readonly engine: Engine
  /** The full name of an image, behind the user's registry mirror. */
  imageName(image: string): string
  /** Whether the engine has the image. The SDK remembers the answer. */
  hasImage(image: string): Promise<boolean>
  /** The credentials for the image's registry, from Docker's own config and helpers. */
  findCredentials(image: string): Promise<CredentialSearch>
  createContainer(image: string, settings: SdkContainerSettings): StartableContainer
}

const clients = new Map<string, Promise<Client>>()

/** The SDK, connected to an engine. Each engine has one client. */
export function loadClient(engine: Engine, root: string): Promise<Client> {
  const client = clients.get(engine.host) ?? createClient(engine, root)
  clients.set(engine.host, client)
  client.catch(() => clients.delete(engine.host))
  return client
}

/** The SDK depends on it through its archiver. */
function loadTar(require: NodeJS.Require): Tar {
  return createRequire(require.resolve('archiver'))('tar-stream') as Tar
}

async function createClient(engine: Engine, root: string): Promise<Client> {
  const { api, require } = loadSdk(root)
  const runtime = await connectSdk(api, engine).catch((cause: unknown): never => {
    throw new MoorageError(
      'PROVIDER_UNAVAILABLE',
      `Provider docker: testcontainers cannot use the engine at ${engine.host}: ${messageOf(cause)}.`,
      { provider: 'docker', cause },
    )
  })
  const { dockerode } = runtime.container
  logSdkCalls(dockerode.modem as Modem)
  const SdkContainer = sdkContainer(api, loadTar(require))
  const parseName = (image: string): ReturnType<Sdk['ImageName']['fromString']> => api.ImageName.fromString(image)
  return {
    dockerode,
    engine,
    imageName: (image) => parseName(image).string,
    hasImage: (image) => runtime.image.exists(parseName(image)),
    findCredentials: (image) => findCredentials(parseName(image).registry, process.env),
    createContainer: (image, settings) => new SdkContainer(image, settings),
  }
}
