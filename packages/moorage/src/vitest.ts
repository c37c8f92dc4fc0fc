import { fileURLToPath } from 'node:url'
import { siblingModule } from '@moorage/core'
import { createPlugin, type MooragePlugin } from '@moorage/vitest'

/** `plugins: [moorage()]`: starts the services of moorage.config.ts before the tests, and removes them afterwards. */
export function moorage(): MooragePlugin {
  return createPlugin(fileURLToPath(siblingModule(import.meta.url, 'vitest-setup')))
}
