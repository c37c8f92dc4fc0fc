export { compose, readServices, type ComposeOptions } from './compose.ts'
