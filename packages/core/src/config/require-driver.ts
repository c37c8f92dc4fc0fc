// Not by name: see load-config.ts.
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MoorageError } from '../contract/errors.ts'
import type { IsolateSpec } from '../contract/service.ts'

/** Throws `MoorageError` (CONFIG_INVALID) if the project has none of the drivers that isolation can use. */
export function requireDriver(service: string, { drivers = [] }: IsolateSpec, root: string): void {
  if (!drivers.length || drivers.some((name) => isInstalled(name, root))) return
  const [first = ''] = drivers
  const absent = drivers.length > 1 ? `neither ${drivers.join(' nor ')}` : `no ${first}`
  throw new MoorageError(
    'CONFIG_INVALID',
    `services.${service}.isolate needs a driver, but the project has ${absent}.`,
    { service, hint: `npm install --save-dev ${first}` },
  )
}

/** Resolves as the project's own files do: a NODE_PATH that a package manager sets does not belong to the project. */
function isInstalled(name: string, root: string): boolean {
  try {
    return module.findPackageJSON(name, pathToFileURL(join(root, 'package.json'))) !== undefined
  } catch {
    // Yarn's Plug'n'Play has no folders to search; a missing driver then fails when it is loaded.
    return 'pnp' in process.versions
  }
}
