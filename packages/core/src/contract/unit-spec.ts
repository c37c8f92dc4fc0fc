import type { JsonObject } from './json.ts'
import type { ContainerForm } from './service.ts'

/** Port numbers by name. */
export type Ports = { readonly [name: string]: number }

/** A service as a provider starts it, with every template resolved. */
export interface UnitSpec {
  /** The key of the service, which is also its host name among the services of the session. */
  readonly name: string
  /** The ports that it listens on, by name. The first one is the main port. */
  readonly ports: Ports
  readonly env: { readonly [name: string]: string }
  /** Names of the variables in `env` whose value contains a secret. */
  readonly sensitive: readonly string[]
  /** Set if the provider's form is `container`. */
  readonly container?: ContainerUnit
  /** Set if the provider's form is `process`. */
  readonly process?: ProcessUnit
}

/** The container form of a service, with every template resolved. */
export interface ContainerUnit extends Omit<
  ContainerForm,
  'env' | 'connection' | 'ready' | 'prepare' | 'image' | 'entrypoint' | 'command' | 'files' | 'composeMember'
> {
  /** The image with its tag or digest. */
  readonly image: string
  /** Default: the entrypoint of the image. */
  readonly entrypoint?: readonly string[]
  /** Default: the command of the image. */
  readonly command?: readonly string[]
  /** By absolute path in the container: a file or folder of this machine, or the content of a file. */
  readonly files?: {
    readonly [path: string]: { readonly source: string } | { readonly content: string; readonly mode?: number }
  }
}

/** The process form of a service, with every template resolved. Either `command` or `program` is set. */
export interface ProcessUnit {
  readonly command?: readonly string[]
  /** Path of a `ProgramModule`. */
  readonly program?: string
  /** Options for the program. */
  readonly options: JsonObject
  /** The secrets that the templates of the service use, by name. */
  readonly secrets: { readonly [name: string]: string }
  /** Working directory, an absolute path. */
  readonly cwd: string
}
