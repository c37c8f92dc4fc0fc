import type { ProviderRef } from './provider.ts'
import type { Condition, ServiceSpec } from './service.ts'

declare const value: unique symbol
declare const connection: unique symbol
declare const needed: unique symbol

/** Where a service answers, as a test sees it. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly url: string
}

/** A value that exists only once its service runs. Allowed where an option says `Text`. */
export interface Ref<out T> {
  readonly [value]: T
}

/** A string, or one with references inside: ref`${db.url}/shop`. */
export type Text = string | number | Ref<string | number>
export type Env = { readonly [name: string]: Text | undefined }

/** Same shape as the connection, each leaf a reference. */
export type Refs<C> = { readonly [K in keyof C]: C[K] extends string | number ? Ref<C[K]> : Refs<C[K]> }

/** What a preset returns. `C` is what a test gets, `N` are the names it says it needs. */
export type Service<C, N extends string = never> = Refs<C> & {
  readonly [connection]: C
  readonly [needed]: (names: N) => void
}

/** Any service, whatever it offers. */
export interface AnyService {
  readonly [connection]: unknown
  readonly [needed]: (names: never) => void
}

/** Options that every preset takes. */
export interface CommonOptions<N extends string = string> {
  /** Services that must be there first; a reference in `env` needs its service to be `ready` anyhow. */
  readonly needs?: { readonly [K in N]: Condition }
  /** The environment variable for the URL. Default: `<NAME>_URL`. */
  readonly as?: string
  /** Milliseconds by phase. Defaults: admit 30 s, schedule 60 s, pull 10 min, start 60 s, ready 120 s. */
  readonly deadlines?: NonNullable<ServiceSpec['deadlines']>
}

type NeededBy<S> = S extends { readonly [needed]: (names: infer N) => void } ? N : never

/** Makes a misspelt `needs` name an error at that service, in words. */
export type CheckedNeeds<S> = {
  readonly [K in keyof S]: NeededBy<S[K]> extends keyof S
    ? unknown
    : `needs '${Exclude<NeededBy<S[K]>, keyof S> & string}', which is not in services`
}

export type ConnectionsOf<S> = { readonly [K in keyof S]: S[K] extends { readonly [connection]: infer C } ? C : never }

export interface ConfigOptions<S> {
  readonly services: S & CheckedNeeds<S>
  /** Where services run. Default: the first of Docker, Kubernetes and plain processes that can be used. */
  readonly provider?: ProviderRef
  /** What relative paths are relative to. Itself relative to, and by default, the folder of the file that calls `defineConfig`. */
  readonly root?: string
  /** `on-failure`: services stay for a while when a start fails, or what used them. Default: they go. `MOORAGE_KEEP` wins. */
  readonly keep?: 'on-failure'
  /** Milliseconds that they stay then. Default: 1,800,000 (30 min). `MOORAGE_KEEP_FOR` (as in `10m`) wins. */
  readonly keepFor?: number
}

/** Plain data, apart from its type. */
export interface Config<out S = unknown> {
  readonly services: { readonly [K in keyof S]: ServiceSpec }
  readonly provider?: ProviderRef
  readonly root: string
  readonly keep?: 'on-failure'
  readonly keepFor?: number
  readonly [connection]: ConnectionsOf<S>
}

/** Any config, whatever it offers. */
export interface AnyConfig {
  readonly services: { readonly [name: string]: ServiceSpec }
  readonly provider?: ProviderRef
  readonly root: string
  readonly keep?: 'on-failure'
  readonly keepFor?: number
  readonly [connection]: unknown
}

export type EndpointsOf<C> = C extends { readonly [connection]: infer E } ? E : never
