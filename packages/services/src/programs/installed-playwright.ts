import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MoorageError } from '@moorage/core'

export interface InstalledPlaywright {
  readonly version: string
  /** Folder of playwright-core, the part that holds the server. */
  readonly core: string
  /** Which build of Chromium it drives. */
  readonly chromium: string
}

/** The Playwright that the tests of a folder run with. Throws `MoorageError` (CONFIG_INVALID) when there is none. */
export function installedPlaywright(folder: string): InstalledPlaywright {
  const manifest = CHAINS.map((chain) => follow(join(folder, 'package.json'), chain)).find(
    (found) => found !== undefined,
  )
  if (manifest === undefined) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `browser(): there is no Playwright to be found from ${folder}, and a browser has to be of exactly its version.`,
      { hint: 'npm install --save-dev @playwright/test' },
    )
  }
  const core = dirname(manifest)
  const { version } = readJson(manifest) as { readonly version: string }
  const { browsers } = readJson(join(core, 'browsers.json')) as {
    readonly browsers: readonly { readonly name: string; readonly revision: string }[]
  }
  return { version, core, chromium: browsers.find(({ name }) => name === 'chromium')?.revision ?? '' }
}

// Package managers that isolate let a package see only what it names itself.
const CHAINS = [
  ['@playwright/test', 'playwright', 'playwright-core'],
  ['playwright', 'playwright-core'],
  ['playwright-core'],
] as const

function follow(from: string, chain: readonly string[]): string | undefined {
  try {
    return chain.reduce((at, name) => createRequire(at).resolve(`${name}/package.json`), from)
  } catch {
    return undefined
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
