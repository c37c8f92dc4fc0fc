import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import { toPlain } from '../contract/plain-error.ts'
import type { AnyConfig } from '../contract/config-types.ts'

/** Names of a config file, in the order in which they are looked for. */
export const CONFIG_FILES = [
  'moorage.config.ts',
  'moorage.config.mts',
  'moorage.config.js',
  'moorage.config.mjs',
] as const

/** The config file of a project. Throws when there is none, and when there are two. */
export function findConfig(root: string): string {
  const found = CONFIG_FILES.filter((name) => existsSync(join(root, name)))
  if (found.length > 1) {
    throw new MoorageError('CONFIG_INVALID', `There are two configs in ${root}: ${found.join(' and ')}.`, {
      hint: 'Remove one of them.',
    })
  }
  const [name] = found
  if (name) return join(root, name)
  throw new MoorageError('CONFIG_NOT_FOUND', `There is no moorage.config.ts in ${root}.`, {
    hint: "Create one:\n  import { defineConfig, postgres } from 'moorage'\n  export default defineConfig({ services: { db: postgres() } })",
  })
}

/** Imports a config file anew each time: in watch mode it may have been edited. */
export async function loadConfig(file: string): Promise<AnyConfig> {
  const module = await importFile(file)
  const config = module.default as AnyConfig | undefined
  if (config && typeof config === 'object' && 'services' in config && typeof config.root === 'string') return config
  throw new MoorageError('CONFIG_INVALID', `${file} does not export a config as its default.`, {
    hint: 'Write: export default defineConfig({ services: { … } })',
  })
}

async function importFile(file: string): Promise<{ readonly default?: unknown }> {
  // It would end in silence, and as if all were well.
  const ended = (): void => {
    process.exitCode = 2
    process.stderr.write(`moorage: ${file} could not be loaded: it ends the process, or waits for what never comes.\n`)
  }
  process.once('exit', ended)
  try {
    return (await import(`${pathToFileURL(file).href}?${importCount++}`)) as { readonly default?: unknown }
  } catch (cause) {
    throw loadFailure(file, cause)
  } finally {
    process.off('exit', ended)
  }
}

function loadFailure(file: string, cause: unknown): MoorageError {
  if (isMoorageError(cause)) {
    const { code, message, details } = toPlain(cause)
    return new MoorageError(code, `${file}: ${message}`, { ...details, cause })
  }
  const { code = '', name = '' } = (cause ?? {}) as { code?: string; name?: string }
  const hint =
    HINTS[code] ??
    (COMMONJS.test(messageOf(cause))
      ? 'package.json says that its files are CommonJS: name the config moorage.config.mts, or set "type": "module" there.'
      : undefined) ??
    (name === 'SyntaxError' ? `Correct its syntax; \`node --check ${file}\` shows the place.` : undefined)
  const message = `${file}${lineSuffix(file, cause)} could not be loaded: ${messageOf(cause).replace(/\.$/, '')}.`
  return new MoorageError('CONFIG_INVALID', message, {
    cause,
    hint: hint ?? 'Correct it; its own stack is the cause of this error.',
  })
}

/** Node begins the stack of an error in TypeScript's syntax with the place. */
function lineSuffix(file: string, cause: unknown): string {
  const [first = ''] = cause instanceof Error ? (cause.stack ?? '').split('\n') : []
  return first.startsWith(file) || first.startsWith(pathToFileURL(file).href) ? (/:\d+$/.exec(first)?.[0] ?? '') : ''
}

let importCount = 0

const COMMONJS = /^Cannot use import statement outside a module/

const HINTS: { readonly [code: string]: string } = {
  ERR_MODULE_NOT_FOUND: 'Install the package, or write the import with its file extension: Node resolves no bare ones.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node strips types but compiles nothing: write enums and namespaces as plain objects.',
  ERR_INVALID_TYPESCRIPT_SYNTAX: 'Correct the syntax at that place.',
  ERR_UNKNOWN_FILE_EXTENSION: 'This Node cannot read TypeScript: use Node 22.18 or later, or a .mjs config.',
}
