import type { Json } from './contract/json.ts'
import type { Address, EndpointsOf } from './contract/config-types.ts'

/** Filled in by the user: `declare module 'moorage' { interface Register { config: typeof config } }`. */
// oxlint-disable-next-line no-empty-interface -- the user adds to it
export interface Register {}

/** The connections of the registered config; without one, loosely typed addresses. */
export type Registered = Register extends { readonly config: infer C }
  ? EndpointsOf<C>
  : { readonly [name: string]: Address & { readonly [field: string]: Json } }
