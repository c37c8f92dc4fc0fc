import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sources } from './paths.ts'

/** Versions of playwright-core in the lock file: a fixture's browser server has to be of exactly its own. */
export const playwrightVersions: string[] = [
  ...new Set(
    [...readFileSync(join(sources, '../../pnpm-lock.yaml'), 'utf8').matchAll(/^ {2}playwright-core@([\d.]+):/gm)].map(
      ([, version]) => version as string,
    ),
  ),
]
