import { realpathSync } from 'node:fs'
// Not by name: an older Node reports an export that it lacks before moorage can say which version it needs.
import module, { createRequire, type RegisterHooksOptions } from 'node:module'
import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import { toPlain } from '../contract/plain-error.ts'
import { lineSuffix, loadHint } from '../provider-kit/module-load-hints.ts'
import type { AnyConfig } from '../contract/config-types.ts'
import { isComposeFile, readComposeFile } from './compose-reader.ts'
import { requireNode } from './require-node.ts'

/**
 * Imports a config file, at each call again, as watch mode needs. A compose file is read instead. Throws `MoorageError`
 * (CONFIG_INVALID).
 */
export async function loadConfig(file: string): Promise<AnyConfig> {
  requireNode()
  if (isComposeFile(file)) return await readComposeFile(file)
  const { default: exported } = await importFile(file)
  const config = exported as AnyConfig | undefined
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
  forgetRequired(file)
  const hooks = module.registerHooks({ resolve: freshImports(query) })
  try {
    return (await import(`${pathToFileURL(file).href}${query}`)) as { readonly default?: unknown }
  } catch (cause) {
    throw loadFailure(file, cause)
  } finally {
    process.off('exit', onExit)
    hooks.deregister()
  }
}

/** Makes the next import of a CommonJS config read it again, and its own modules. Node keeps those by their paths. */
function forgetRequired(file: string): void {
  const { cache } = createRequire(file)
  const forget = (path: string): void => {
    const required = cache[path]
    if (!required || path.includes(`${sep}node_modules${sep}`)) return
    delete cache[path]
    for (const { filename } of required.children) forget(filename)
  }
  forget(realpathSync(file))
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
  const hint = loadHint(cause, file)
  const message = `${file}${lineSuffix(cause, file)} could not be loaded: ${messageOf(cause).replace(/\.$/, '')}.`
  return new MoorageError('CONFIG_INVALID', message, {
    cause,
    hint: hint ?? 'Correct the file. The stack trace is in the cause of this error.',
  })
}

let importCount = 0

const COMMONJS_ERROR = /^(?:Cannot use import statement outside a module|Unexpected token 'export')/
