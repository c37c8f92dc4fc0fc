export { compose, readServices, type ComposeOptions } from './compose.ts'
export { COMPOSE_FILES, composeFileIn } from './load/find-files.ts'
