export { services } from '@moorage/core/test'
