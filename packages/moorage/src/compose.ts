export { compose } from '@moorage/compose'
export type { ComposeOptions } from '@moorage/compose'
// Must be a star export: users could not extend a named `ComposeFiles` by `declare module 'moorage/compose'`.
export type * from '@moorage/compose/compose-types'
