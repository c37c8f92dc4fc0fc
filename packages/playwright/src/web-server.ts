import { fileURLToPath } from 'node:url'
import { MoorageError, type EnvVariables } from '@moorage/core'
import { StdoutHandshake } from './stdout-handshake.ts'
import { installedVersion } from './installed-version.ts'

export interface WebServerOptions {
  /** Path of the config. Default: moorage.config.ts beside playwright.config.ts. */
  readonly config?: string
}

/** The part of an entry of Playwright's `webServer` that is used; the type of one version would tie users to it. */
export interface WebServerEntry {
  command: string
  wait: { stdout: RegExp }
  gracefulShutdown: { signal: 'SIGTERM'; timeout: number }
  timeout: number
}

export type WebServer = (options?: WebServerOptions) => WebServerEntry

// Playwright reads `wait` since 1.57; before, it would start the next entry at once, without a database.
const WAITS_SINCE = 57

// Milliseconds. Each phase of a service has a deadline and a message of its own, so this one must not come first.
const START = 60 * 60_000

// Milliseconds; a dispose gives up after eight seconds and goes on in the background.
const STOP = 10_000

/** Makes `webServer()`; `holder` is the URL of the module that keeps the services. Pure: workers evaluate the config too. */
export function createWebServer(holder: string): WebServer {
  return ({ config } = {}) => {
    requireWait(process.env)
    const argv = [process.execPath, fileURLToPath(holder), ...(config === undefined ? [] : [config])]
    return {
      command: argv.map(quoted).join(' '),
      wait: { stdout: new StdoutHandshake() },
      gracefulShutdown: { signal: 'SIGTERM', timeout: STOP },
      timeout: START,
    }
  }
}

function requireWait(env: EnvVariables): void {
  const { version, minor } = installedVersion()
  // Below `moorage exec` every entry has the variables from the start.
  if (minor >= WAITS_SINCE || env['MOORAGE']) return
  throw new MoorageError(
    'RUNTIME_UNSUPPORTED',
    `moorage.webServer() needs Playwright 1.${WAITS_SINCE} or later, and ${version} is installed.`,
    {
      hint: "Update it; or run `moorage exec -- playwright test`; or name the app as a service, npmServer(), and use globalSetup: 'moorage/playwright'.",
    },
  )
}

/** For the shell that Playwright runs commands by: sh, or cmd.exe. */
function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  return process.platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`
}
