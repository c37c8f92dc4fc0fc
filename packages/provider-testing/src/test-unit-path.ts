import { fileURLToPath } from 'node:url'
import { siblingModule } from '@moorage/core/provider'

/**
 * Path of a Node program that behaves as the suite's units do, for providers that run programs of this machine:
 * `node TEST_UNIT_PATH echo <port>`, `output`, `crash`, `silent`, or `connect <host> <port>`.
 */
export const TEST_UNIT_PATH: string = fileURLToPath(siblingModule(import.meta.url, 'test-unit-main'))
