import type { ProviderRef } from './provider.ts'
import type { Condition, ServiceSpec } from './service.ts'

declare const value: unique symbol
declare const connection: unique symbol
declare const needed: unique symbol

/** Where a test reaches a service. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly url: string
}

/** A value that is known once its service runs. Can be used wherever an option has the type `Text`. */
export interface Ref<out T> {
  readonly [value]: T
}

/** A string, a number, or a string with references: ref`${db.url}/shop`. */
export type Text = string | number | Ref<string | number>

/** Environment variables of a service. Those that are undefined are left out. */
export type Env = { readonly [name: string]: Text | undefined }

/** The shape of a connection with a reference for each of its fields. */
export type Refs<C> = { readonly [K in keyof C]: C[K] extends string | number ? Ref<C[K]> : Refs<C[K]> }

/** What a preset returns. `C` is the connection that a test gets, `N` are the names in its option `needs`. */
export type Service<C, N extends string = never> = Refs<C> & {
  readonly [connection]: C
  readonly [needed]: (names: N) => void
}

/** A service with any connection. */
export interface AnyService {
  readonly [connection]: unknown
  readonly [needed]: (names: never) => void
}

/** The options that every preset has. */
export interface CommonOptions<N extends string = string> {
  /**
   * The services that must be `started`, `ready` or `completed` before this one starts. A service whose fields are
   * used in an option must be `ready` in any case.
   */
  readonly needs?: { readonly [K in N]: Condition }
  /** The environment variable for the URL. Default: `<NAME>_URL`. */
  readonly as?: string
  /** Milliseconds by phase. Defaults: admit 30 s, build 10 min, schedule 60 s, pull 10 min, start 60 s, ready 120 s. */
  readonly deadlines?: NonNullable<ServiceSpec['deadlines']>
}

type NeededBy<S> = S extends { readonly [needed]: (names: infer N) => void } ? N : never

/** Turns a misspelt name in `needs` into a type error at that service whose text names it. */
export type CheckedNeeds<S> = {
  readonly [K in keyof S]: NeededBy<S[K]> extends keyof S
    ? unknown
    : `needs '${Exclude<NeededBy<S[K]>, keyof S> & string}', which is not in services`
}

/** The connections of these services. */
export type ConnectionsOf<S> = { readonly [K in keyof S]: S[K] extends { readonly [connection]: infer C } ? C : never }

/** The options of `defineConfig`. */
export interface ConfigOptions<S> {
  /** The services by name. */
  readonly services: S & CheckedNeeds<S>
  /**
   * Where the services run. It only chooses: options of a provider can stand beside it, under the provider's name.
   * Default: the first of Docker, Kubernetes and plain processes that can be used.
   */
  readonly provider?: ProviderRef
  /**
   * The folder that relative paths start from. A relative `root` starts from the folder of the file that calls
   * `defineConfig`, which is also the default.
   */
  readonly root?: string
  /**
   * `on-failure` keeps the services for a while when their start or the tests fail. Default: they are removed. The
   * variable `MOORAGE_KEEP` wins.
   */
  readonly keep?: 'on-failure'
  /**
   * Milliseconds for which they are kept. Default: 1,800,000 (30 min). The variable `MOORAGE_KEEP_FOR` (as in `10m`)
   * wins.
   */
  readonly keepFor?: number
  /**
   * A mirror of Docker Hub, such as `registry.example/hub`, that images without a registry in their name are pulled
   * through, on every provider. Default: `MOORAGE_IMAGE_MIRROR`, else none.
   */
  readonly imageMirror?: string
}

/** What `defineConfig` returns: plain data at run time. */
export interface Config<out S = unknown> {
  readonly services: { readonly [K in keyof S]: ServiceSpec }
  readonly provider?: ProviderRef
  readonly configured?: readonly ProviderRef[]
  readonly root: string
  readonly keep?: 'on-failure'
  readonly keepFor?: number
  readonly imageMirror?: string
  readonly [connection]: ConnectionsOf<S>
}

/** A config with any services. */
export interface AnyConfig {
  readonly services: { readonly [name: string]: ServiceSpec }
  /** The chosen provider, with its options. */
  readonly provider?: ProviderRef
  /** The providers whose options the config gives without choosing them. */
  readonly configured?: readonly ProviderRef[]
  readonly root: string
  readonly keep?: 'on-failure'
  readonly keepFor?: number
  readonly imageMirror?: string
  readonly [connection]: unknown
}

/** The connections of the services of a config. */
export type EndpointsOf<C> = C extends { readonly [connection]: infer E } ? E : never
