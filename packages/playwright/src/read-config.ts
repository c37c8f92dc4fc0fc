import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fromPlain, siblingModule, MoorageError, type AnyConfig } from '@moorage/core'

type Plain = Parameters<typeof fromPlain>[0]

/** What the reader's process says. */
export type Read = { readonly config: AnyConfig } | { readonly failure: Plain }

/**
 * The config of a folder, read by a Node of its own: in Playwright's process its compiler stands before every import,
 * and turns a config into CommonJS, or refuses it, by version and by package.json. A config is plain data, so it can travel.
 */
export async function readConfig(root: string): Promise<AnyConfig> {
  const main = fileURLToPath(siblingModule(import.meta.url, 'read-config-main'))
  const child = fork(main, [root], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const read = await new Promise<Read | undefined>((done) => {
    child.once('message', (message) => done(message as Read))
    child.once('error', () => done(undefined))
    child.once('exit', () => done(undefined))
  })
  if (!read)
    throw new MoorageError('CONFIG_INVALID', `The config in ${root} could not be read: its process ended early.`, {
      hint: 'What it said stands above.',
    })
  if ('failure' in read) throw fromPlain(read.failure)
  return read.config
}
