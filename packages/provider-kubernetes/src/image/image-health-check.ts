import {
  debugLog,
  elapsedMs,
  imageHealthCheck,
  messageOf,
  type HealthCheck,
  type ImageConfig,
} from '@moorage/core/provider'
import { parseImageName, type ImageName } from './image-name.ts'
import { readFromRegistry } from './registry.ts'

// Source: OCI Image Format Specification, media types; Distribution, "Image Manifest Version 2, Schema 2".
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** An image manifest, or the list of one for each platform. */
interface Manifest {
  readonly config?: { readonly digest?: string }
  readonly manifests?: readonly {
    readonly digest: string
    readonly platform?: { readonly os?: string; readonly architecture?: string }
  }[]
}

/** The image of a pod. */
export interface PodImage {
  /** As the config names it. */
  readonly image: string
  /** As the kubelet names it, with the digest that it runs; may be empty. */
  readonly imageId: string
}

// A service must not wait long for an answer that it can do without.
const TIMEOUT_MS = 3_000

/** Reads the HEALTHCHECK of images from their registries, because a cluster does not report it. */
export class ImageHealthChecks {
  readonly #byImage = new Map<string, Promise<HealthCheck | undefined>>()
  readonly #unreachable = new Set<string>()

  /**
   * The HEALTHCHECK of an image. Undefined where it has none, and where the registry does not answer, denies access or
   * does not have the image; the debug log has the reason. Rejects only with the reason of the signal.
   */
  async find(given: PodImage, signal: AbortSignal): Promise<HealthCheck | undefined> {
    const name = toName(given)
    const key = JSON.stringify(name)
    const known = this.#byImage.get(key) ?? this.#read(name)
    this.#byImage.set(key, known)
    const found = await known
    signal.throwIfAborted()
    return found
  }

  async #read(name: ImageName): Promise<HealthCheck | undefined> {
    const log = debugLog('kubernetes')
    const since = performance.now()
    // Another image of a registry that did not answer must not wait as well.
    if (this.#unreachable.has(name.registry)) return undefined
    try {
      const config = await readConfig(name, AbortSignal.timeout(TIMEOUT_MS))
      log?.('image config', { ...name, found: config !== undefined, ms: elapsedMs(since) })
      return imageHealthCheck(config)
    } catch (error) {
      this.#unreachable.add(name.registry)
      log?.('image config', { ...name, ms: elapsedMs(since), error: messageOf(error) })
      return undefined
    }
  }
}

/** The digest that runs, where the kubelet names one in the same repository. */
function toName({ image, imageId }: PodImage): ImageName {
  const name = parseImageName(image)
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(imageId)?.[1]
  return digest === undefined ? name : { ...name, reference: digest }
}

async function readConfig(name: ImageName, signal: AbortSignal): Promise<ImageConfig | undefined> {
  const readManifest = async (reference: string): Promise<Manifest | undefined> => {
    const request = { path: `manifests/${reference}`, accept: MANIFEST_TYPES }
    return (await readFromRegistry(name, request, signal)) as Manifest | undefined
  }
  const top = await readManifest(name.reference)
  // The health check of an image is the same for all platforms.
  const anyPlatform = top?.manifests?.find(({ platform }) => platform?.os !== 'unknown')?.digest
  const manifest = anyPlatform === undefined ? top : await readManifest(anyPlatform)
  const digest = manifest?.config?.digest
  if (digest === undefined) return undefined
  const blob = await readFromRegistry(name, { path: `blobs/${digest}`, accept: '*/*' }, signal)
  return (blob as { readonly config?: ImageConfig } | undefined)?.config
}
