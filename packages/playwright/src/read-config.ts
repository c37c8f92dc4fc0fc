import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { composeReader, fromPlain, siblingModule, MoorageError, type AnyConfig } from '@moorage/core'

type PlainError = Parameters<typeof fromPlain>[0]

/** The message of the process that reads the config. */
export type ReadResult = { readonly config: AnyConfig } | { readonly failure: PlainError }

/**
 * Reads the config of a folder in a separate Node process. Playwright compiles every import in its own process:
 * depending on its version and on package.json it turns a config into CommonJS or rejects it. A config is plain data,
 * so it can be sent back. Throws `MoorageError` (CONFIG_INVALID, CONFIG_NOT_FOUND).
 */
export async function readConfig(root: string): Promise<AnyConfig> {
  const main = fileURLToPath(siblingModule(import.meta.url, 'read-config-main'))
  const child = fork(main, [root, composeReader()], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const result = await new Promise<ReadResult | undefined>((resolve) => {
    child.once('message', (message) => resolve(message as ReadResult))
    child.once('error', () => resolve(undefined))
    child.once('exit', () => resolve(undefined))
  })
  if (!result)
    throw new MoorageError('CONFIG_INVALID', `The process that reads the config in ${root} ended early.`, {
      hint: 'Its output is above.',
    })
  if ('failure' in result) throw fromPlain(result.failure)
  return result.config
}
