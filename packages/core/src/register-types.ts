import type { Json } from './contract/json.ts'
import type { Address, EndpointsOf } from './contract/config-types.ts'

/** Users add their config: `declare module 'moorage' { interface Register { config: typeof config } }`. */
// oxlint-disable-next-line no-empty-interface -- users add a member by declaration merging
export interface Register {}

/** The connections of the registered config. Without a registered config, addresses by any name. */
export type Registered = Register extends { readonly config: infer C }
  ? EndpointsOf<C>
  : { readonly [name: string]: Address & { readonly [field: string]: Json } }
