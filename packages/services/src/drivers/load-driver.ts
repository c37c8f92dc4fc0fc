import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A driver that the user's project has; nothing where it has none of that name. */
export async function loadDriver<M>(name: string, root: string): Promise<M | undefined> {
  const require = createRequire(join(root, 'package.json'))
  try {
    return (await import(pathToFileURL(require.resolve(name)).href)) as M
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
