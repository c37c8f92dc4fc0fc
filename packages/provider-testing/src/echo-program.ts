import { fileURLToPath } from 'node:url'
import { siblingModule } from '@moorage/core/provider'

/**
 * Path of a Node program that behaves as the suite's units do, for providers that run programs of this machine:
 * `node ECHO_PROGRAM echo <port>`, `output`, `crash`, `silent`, or `connect <host> <port>`.
 */
export const ECHO_PROGRAM: string = fileURLToPath(siblingModule(import.meta.url, 'echo-main'))
