import { MoorageError, type CommonOptions, type ServiceSpec } from '@moorage/core'

/** The options that every preset hands on as they are. */
export function sharedOf({ needs, as, deadlines }: CommonOptions): Pick<ServiceSpec, 'needs' | 'as' | 'deadlines'> {
  return { ...(needs ? { needs } : {}), ...(as === undefined ? {} : { as }), ...(deadlines ? { deadlines } : {}) }
}

/** Where a server runs, as a preset's option. */
export type Placement = NonNullable<ServiceSpec['placement']>

export function checkPlacement(preset: string, placement: unknown): void {
  if (placement === undefined || placement === 'host' || placement === 'provider') return
  throw new MoorageError('CONFIG_INVALID', `${preset}({ placement }): '${String(placement)}' is no place.`, {
    hint: "Give 'provider', where the other services run, or 'host', beside the tests.",
  })
}
