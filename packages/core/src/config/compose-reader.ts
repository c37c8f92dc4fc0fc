import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'

/** The names of a compose file, in the order of the search. Source: Compose Specification, The Compose file. */
export const COMPOSE_FILES: readonly string[] = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
]

/** What the module of a compose reader exports. */
export interface ComposeReader {
  /** The config that stands for a compose file. Throws `MoorageError` (CONFIG_INVALID). */
  readConfig(file: string): AnyConfig
}

// Compose files are read by a package that this one does not know, and only if there is one.
let readerModule: string | undefined

/** Names the module that reads compose files, by its URL. */
export function setComposeReader(url: string): void {
  readerModule = url
}

/** The module that reads compose files, for processes that read the config for this one. */
export function composeReader(): string {
  return readerModule ?? ''
}

export function isComposeFile(file: string): boolean {
  return /\.ya?ml$/.test(file)
}

/** The config that a compose file stands for. Throws `MoorageError` (CONFIG_INVALID). */
export async function readComposeFile(file: string): Promise<AnyConfig> {
  if (!readerModule)
    throw new MoorageError('CONFIG_INVALID', `${file} is a compose file, which cannot be read here.`, {
      hint: "Write a moorage.config.ts that calls compose() of 'moorage/compose'.",
    })
  const { readConfig } = (await import(readerModule)) as ComposeReader
  return readConfig(file)
}
