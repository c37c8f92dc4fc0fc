import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// Jest runs CommonJS tests in a node:vm context that cannot import (https://nodejs.org/api/errors.html).
const CANNOT_IMPORT = ['ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING', 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG']

/**
 * Imports the module at an absolute path. A context without `import()`, such as a CommonJS test in Jest, requires it:
 * its CommonJS build if there is one, `.cjs` beside `.js`, else the file itself.
 */
export async function importFile<M>(file: string): Promise<M> {
  try {
    return (await import(pathToFileURL(file).href)) as M
  } catch (error) {
    if (!CANNOT_IMPORT.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return requireFile<M>(file)
  }
}

function requireFile<M>(file: string): M {
  const build = file.replace(/\.js$/, '.cjs')
  const require = createRequire(file)
  if (existsSync(build)) return require(build) as M
  const module = require(file) as object
  // As import() gives a CommonJS module.
  return { default: module, ...module } as M
}
