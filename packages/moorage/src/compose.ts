export { compose } from '@moorage/compose'
export type { ComposeOptions } from '@moorage/compose'
