import { createSetup, type Setup } from '@moorage/vitest/setup'
import { provision } from './provision.ts'

const setup: Setup = createSetup(provision)

// Vitest asks a global setup for its default export.
export default setup
