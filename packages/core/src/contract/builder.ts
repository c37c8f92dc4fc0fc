import type { BuildSpec, ImageStore } from './build-spec.ts'
import type { JsonObject } from './json.ts'
import type { Provider } from './provider.ts'

/** One image to build for one run. */
export interface ImageBuild {
  /** The key of the service, for messages. */
  readonly service: string
  /** Completed by the plan: every path is absolute. */
  readonly spec: BuildSpec
  /** The full name of the image, with the registry and a tag that carries the run. */
  readonly tag: string
  /** Default: the platform of the builder. */
  readonly platform?: string
  /** Labels of the run. */
  readonly labels: { readonly [name: string]: string }
  readonly store: ImageStore
  /** Receives what the builder is doing. */
  onProgress(detail: string): void
}

/** An image that was built. */
export interface BuiltImage {
  readonly tag: string
  readonly store: ImageStore
  /** Of the manifest, where the builder reports it. */
  readonly digest?: string
}

/** Whether a builder can build an image for its store. */
export type BuilderProbe =
  | { readonly ok: true; readonly detail: string }
  /** `reason` is a clause, `fix` a sentence. */
  | { readonly ok: false; readonly reason: string; readonly fix: string }

/** Builds images with one program or engine. Four members are required. */
export interface Builder {
  /** Never rejects. */
  probe(build: ImageBuild, signal: AbortSignal): Promise<BuilderProbe>
  /** Builds an image and tags it. When it rejects, it leaves no image. Throws `MoorageError` (BUILD_FAILED). */
  build(build: ImageBuild, signal: AbortSignal): Promise<BuiltImage>
  /**
   * Brings the image to its store. Returns the name by which the engine finds it. Throws `MoorageError` (BUILD_FAILED).
   */
  publish(image: BuiltImage, build: ImageBuild, signal: AbortSignal): Promise<string>
  /** Removes the image with its tag, in any state. May be called twice. */
  remove(image: BuiltImage, signal: AbortSignal): Promise<void>
}

/** The builders of an installation. `reap` removes the images of dead owners that a journal names. */
export interface ImageBuilders extends Pick<Provider, 'reap'> {
  /** By name, in the order in which they are probed. */
  readonly builders: ReadonlyMap<string, Builder>
}

/** What the module with the builders exports. `root` is the user's project. */
export interface BuildModule {
  provider(options: JsonObject, context: { readonly root: string }): ImageBuilders
}
