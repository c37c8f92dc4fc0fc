import type { CommonOptions, ServiceSpec } from '@moorage/core'

/** The options that every preset hands on as they are. */
export function sharedOf({ needs, as, deadlines }: CommonOptions): Pick<ServiceSpec, 'needs' | 'as' | 'deadlines'> {
  return { ...(needs ? { needs } : {}), ...(as === undefined ? {} : { as }), ...(deadlines ? { deadlines } : {}) }
}
