import { fileURLToPath } from 'node:url'
import { siblingModule } from '@moorage/core'
import { createPlugin, type MooragePlugin, type MooragePluginOptions } from '@moorage/vitest'

/**
 * A Vitest plugin that starts the services of moorage.config.ts before the tests and removes them afterwards: `plugins:
 * [moorage()]`.
 */
export function moorage(options: MooragePluginOptions = {}): MooragePlugin {
  return createPlugin(fileURLToPath(siblingModule(import.meta.url, 'vitest-global-setup')), options)
}
