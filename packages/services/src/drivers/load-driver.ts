import { createRequire } from 'node:module'
import { join } from 'node:path'
import { importFile } from '@moorage/core'

/** Imports a driver from the user's project. Undefined if the project does not have it. */
export async function loadDriver<M>(name: string, root: string): Promise<M | undefined> {
  const require = createRequire(join(root, 'package.json'))
  try {
    return await importFile<M>(require.resolve(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
