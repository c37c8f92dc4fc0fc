import { registerHooks, type RegisterHooksOptions } from 'node:module'
import { pathToFileURL } from 'node:url'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import { toPlain } from '../contract/plain-error.ts'
import type { AnyConfig } from '../contract/config-types.ts'

/** Imports a config file, at each call again, as watch mode needs. Throws `MoorageError` (CONFIG_INVALID). */
export async function loadConfig(file: string): Promise<AnyConfig> {
  const module = await importFile(file)
  const config = module.default as AnyConfig | undefined
  if (config && typeof config === 'object' && 'services' in config && typeof config.root === 'string') return config
  throw new MoorageError('CONFIG_INVALID', `${file} has no config as its default export.`, {
    hint: 'Write: export default defineConfig({ services: { … } })',
  })
}

async function importFile(file: string): Promise<{ readonly default?: unknown }> {
  // Without this, the process would end silently and with exit code 0.
  const onExit = (): void => {
    process.exitCode = 2
    process.stderr.write(
      `moorage: ${file} could not be loaded: it calls process.exit(), or awaits a promise that never settles.\n`,
    )
  }
  process.once('exit', onExit)
  const query = `?moorage=${importCount++}`
  const hooks = registerHooks({ resolve: freshImports(query) })
  try {
    return (await import(`${pathToFileURL(file).href}${query}`)) as { readonly default?: unknown }
  } catch (cause) {
    throw loadFailure(file, cause)
  } finally {
    process.off('exit', onExit)
    hooks.deregister()
  }
}

/** Makes a resolver for which files that the config imports by a relative path are new ones, at each call of it. */
function freshImports(query: string): RegisterHooksOptions['resolve'] {
  return (specifier, context, next) => {
    const resolved = next(specifier, context)
    const isProject = specifier.startsWith('.') && context.parentURL?.endsWith(query) && !resolved.url.includes('?')
    return isProject ? { ...resolved, url: `${resolved.url}${query}` } : resolved
  }
}

function loadFailure(file: string, cause: unknown): MoorageError {
  if (isMoorageError(cause)) {
    const { code, message, details } = toPlain(cause)
    return new MoorageError(code, `${file}: ${message}`, { ...details, cause })
  }
  // Without Node's words for it, in the cause as well: Vitest takes them for a broken package and adds a wrong hint.
  if (COMMONJS_ERROR.test(messageOf(cause)))
    return new MoorageError(
      'CONFIG_INVALID',
      `${file} could not be loaded: package.json declares its files as CommonJS.`,
      {
        hint: 'Rename the config to moorage.config.mts, or set "type": "module" in package.json.',
      },
    )
  const { code = '', name = '' } = (cause ?? {}) as { code?: string; name?: string }
  const hint =
    HINT_BY_CODE[code] ??
    (name === 'SyntaxError' ? `Correct its syntax. \`node --check ${file}\` shows the line.` : undefined)
  const message = `${file}${lineSuffix(file, cause)} could not be loaded: ${messageOf(cause).replace(/\.$/, '')}.`
  return new MoorageError('CONFIG_INVALID', message, {
    cause,
    hint: hint ?? 'Correct the file. The stack trace is in the cause of this error.',
  })
}

/** The line number of a syntax error: Node starts its stack with `file:line`. */
function lineSuffix(file: string, cause: unknown): string {
  const [first = ''] = cause instanceof Error ? (cause.stack ?? '').split('\n') : []
  return first.startsWith(file) || first.startsWith(pathToFileURL(file).href) ? (/:\d+$/.exec(first)?.[0] ?? '') : ''
}

let importCount = 0

const COMMONJS_ERROR = /^(?:Cannot use import statement outside a module|Unexpected token 'export')/

const HINT_BY_CODE: { readonly [code: string]: string } = {
  ERR_MODULE_NOT_FOUND:
    'Install the package, or add the file extension to the import: Node does not resolve paths without one.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node removes types but does not compile: write enums and namespaces as plain objects.',
  ERR_INVALID_TYPESCRIPT_SYNTAX: 'Correct the syntax at that line.',
  ERR_UNKNOWN_FILE_EXTENSION: 'This version of Node cannot read TypeScript: use Node 22.18 or later, or a .mjs config.',
}
