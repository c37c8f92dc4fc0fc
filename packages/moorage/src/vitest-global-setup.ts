import { createSetup, type Setup } from '@moorage/vitest/setup'
import { provision } from './provision.ts'

const setup: Setup = createSetup(provision)

// Vitest calls the default export of a global setup.
export default setup
