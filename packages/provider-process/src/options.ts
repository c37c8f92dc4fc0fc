import { rejectUnknownOptions } from '@moorage/core/provider'

/** Plain processes have no options. */
export type PlainProcessOptions = { readonly [name: string]: never }

/** Throws `MoorageError` (CONFIG_INVALID) for any option. */
export function checkOptions(options: PlainProcessOptions): void {
  rejectUnknownOptions('plainProcess', options, {})
}
