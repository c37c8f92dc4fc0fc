import { existsSync } from 'node:fs'

// Debian's; the test bed installs it. What it lacks beside Playwright's own build, no test here asks for.
export const CHROMIUM = '/usr/bin/chromium'

/** Why no local browser can be run here; undefined when one can. In CI the test bed has installed it. */
export function missingChromium(): string | undefined {
  if (existsSync(CHROMIUM)) return undefined
  if (process.env['CI'] === 'true') throw new RangeError(`CI runs with the test bed, and there is no ${CHROMIUM}`)
  return `no ${CHROMIUM} (apt install chromium, or npm run testbed -- up)`
}

/**
 * Where a fixture's Playwright finds its browser: none is downloaded. `executablePath: process.env.MOORAGE_CHROMIUM`
 */
export function chromiumEnvironment(): Record<string, string> {
  return existsSync(CHROMIUM) ? { MOORAGE_CHROMIUM: CHROMIUM } : {}
}
