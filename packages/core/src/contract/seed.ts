import type { JsonObject } from './json.ts'
import type { PlainConnection } from './service.ts'

/** What a seed module exports, as `seed` or as its default. */
export type Seed = (
  /** The connection that tests get. */
  connection: PlainConnection,
  options: JsonObject,
  context: { readonly root: string },
) => Promise<void> | void
