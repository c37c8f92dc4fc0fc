export { isolated } from '@moorage/core/isolated'
export type { IsolatedOptions } from '@moorage/core/isolated'
export { logs, services } from '@moorage/core/test'
