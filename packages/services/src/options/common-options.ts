import { MoorageError, type CommonOptions, type OptionNames, type ServiceSpec } from '@moorage/core'

/** The names of the options that every preset has. */
export const COMMON_OPTIONS: OptionNames<CommonOptions> = { needs: true, as: true, deadlines: true }

/** The part of the spec that every preset copies from its options unchanged. */
export function commonSpec({ needs, as, deadlines }: CommonOptions): Pick<ServiceSpec, 'needs' | 'as' | 'deadlines'> {
  return { ...(needs ? { needs } : {}), ...(as === undefined ? {} : { as }), ...(deadlines ? { deadlines } : {}) }
}

/** Where a server runs: `provider`, with the other services, or `host`, as a process beside the tests. */
export type Placement = NonNullable<ServiceSpec['placement']>

/** Throws `MoorageError` (CONFIG_INVALID) for anything but a placement. */
export function checkPlacement(preset: string, placement: unknown): void {
  if (placement === undefined || placement === 'host' || placement === 'provider') return
  throw new MoorageError('CONFIG_INVALID', `${preset}({ placement }): '${String(placement)}' is not a placement.`, {
    hint: "Use 'provider' to run it where the other services run, or 'host' to run it beside the tests.",
  })
}
