import { findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plan } from './plan.ts'
import type { Isolated } from './env-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import type { IsolateSpec } from '../contract/service.ts'

/** Throws where none of the drivers can be loaded from the user's project. */
export function requireDriver(service: string, { drivers = [] }: IsolateSpec, root: string): void {
  if (!drivers.length || drivers.some((name) => isInstalled(name, root))) return
  const [first = ''] = drivers
  const absent = drivers.length > 1 ? `neither ${drivers.join(' nor ')}` : `no ${first}`
  throw new MoorageError(
    'CONFIG_INVALID',
    `services.${service}.isolate needs a driver, and the project has ${absent}.`,
    {
      service,
      hint: `npm install --save-dev ${first}`,
    },
  )
}

/** What workers have to know to make slots. */
export function isolatedServices({ services, root }: Plan): {
  readonly isolated?: { readonly [name: string]: Isolated }
} {
  const entries = Object.entries(services).flatMap(
    ([
      name,
      {
        spec: { isolate },
        given,
        variable,
      },
    ]) => {
      if (!isolate) return []
      const isolated: Isolated = {
        each: isolate.each,
        module: isolate.module.$file,
        root,
        ...(given === undefined ? {} : { given: variable }),
      }
      return [[name, isolated] as const]
    },
  )
  return entries.length ? { isolated: Object.fromEntries(entries) } : {}
}

/** As the project's own files would find it: what a package manager's NODE_PATH adds is not the project's. */
function isInstalled(name: string, root: string): boolean {
  try {
    return findPackageJSON(name, pathToFileURL(join(root, 'package.json'))) !== undefined
  } catch {
    // Yarn's Plug'n'Play has no folders to look in: loading it will show.
    return 'pnp' in process.versions
  }
}
