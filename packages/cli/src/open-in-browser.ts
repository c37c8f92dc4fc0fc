import { spawn } from 'node:child_process'
import type { EnvVariables } from '@moorage/core'

// The programs of the platforms that open a URL with the user's browser.
const OPENERS: { readonly [platform: string]: readonly string[] } = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
const OTHER_OPENER = ['xdg-open']

// xdg-open stays until the browser ends if it had to start it.
const OPENER_TIMEOUT_MS = 2_000

/** Why no browser can be opened; undefined if one can. */
export function whyNoBrowser(platform: string, env: EnvVariables): string | undefined {
  if (OPENERS[platform]) return undefined
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['WSL_DISTRO_NAME'] ? undefined : 'there is no display'
}

/** Opens a URL in the user's browser. Resolves to why that failed, or to undefined. */
export async function openInBrowser(url: string): Promise<string | undefined> {
  const [program = '', ...args] = OPENERS[process.platform] ?? OTHER_OPENER
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  child.unref()
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), OPENER_TIMEOUT_MS)
    child.once('error', () => resolve(`${program} is not installed`))
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code ? `${program} ended with exit code ${code}` : undefined)
    })
  })
}
