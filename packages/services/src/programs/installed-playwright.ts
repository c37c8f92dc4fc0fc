import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MoorageError } from '@moorage/core'

export interface InstalledPlaywright {
  readonly version: string
  /** Folder of playwright-core, which contains the server. */
  readonly core: string
  /** Build number of the Chromium that this version drives. */
  readonly chromium: string
}

/** The Playwright that a folder's tests use. Throws `MoorageError` (CONFIG_INVALID) if there is none. */
export function installedPlaywright(folder: string): InstalledPlaywright {
  const manifest = DEPENDENCY_CHAINS.map((chain) => resolveChain(join(folder, 'package.json'), chain)).find(
    (found) => found !== undefined,
  )
  if (manifest === undefined) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `browser(): Playwright cannot be resolved from ${folder}, and the browser must have exactly its version.`,
      { hint: 'Install it: npm install --save-dev @playwright/test' },
    )
  }
  const core = dirname(manifest)
  const { version } = readJson(manifest) as { readonly version: string }
  const { browsers } = readJson(join(core, 'browsers.json')) as {
    readonly browsers: readonly { readonly name: string; readonly revision: string }[]
  }
  return { version, core, chromium: browsers.find(({ name }) => name === 'chromium')?.revision ?? '' }
}

// pnpm, for one, lets a package resolve only its own dependencies, so playwright-core is found step by step.
const DEPENDENCY_CHAINS = [
  ['@playwright/test', 'playwright', 'playwright-core'],
  ['playwright', 'playwright-core'],
  ['playwright-core'],
] as const

function resolveChain(manifest: string, chain: readonly string[]): string | undefined {
  try {
    return chain.reduce((path, name) => createRequire(path).resolve(`${name}/package.json`), manifest)
  } catch {
    return undefined
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
