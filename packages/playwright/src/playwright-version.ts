import { createRequire } from 'node:module'

/** The version of Playwright that runs the tests. */
export function installedVersion(): { readonly version: string; readonly minor: number } {
  const { version } = createRequire(import.meta.url)('@playwright/test/package.json') as { readonly version: string }
  return { version, minor: Number(version.split('.')[1]) }
}
