import { fileURLToPath } from 'node:url'
import { MoorageError, type EnvVariables } from '@moorage/core'
import { StdoutHandshake } from './stdout-handshake.ts'
import { installedVersion } from './playwright-version.ts'

export interface WebServerOptions {
  /** Path of the config. Default: moorage.config.ts beside playwright.config.ts. */
  readonly config?: string
}

/** The used part of an entry of Playwright's `webServer`. Playwright's own type would tie users to one version. */
export interface WebServerEntry {
  command: string
  wait: { stdout: RegExp }
  gracefulShutdown: { signal: 'SIGTERM'; timeout: number }
  timeout: number
}

export type WebServer = (options?: WebServerOptions) => WebServerEntry

// `wait` exists since Playwright 1.57. Earlier versions would start the next entry at once, without a database.
const MINIMUM_MINOR = 57

// Each phase of a service has its own deadline and message, which must come before this timeout.
const START_TIMEOUT_MS = 60 * 60_000

// Longer than a dispose, which gives up after 8 s and continues in the background.
const STOP_TIMEOUT_MS = 10_000

/**
 * Creates `webServer()`, whose command runs the module at the URL `main`. `webServer()` has no side effects, since
 * workers evaluate playwright.config.ts too. It throws `MoorageError` (RUNTIME_UNSUPPORTED) if Playwright is older than
 * 1.57.
 */
export function createWebServer(main: string): WebServer {
  return ({ config } = {}) => {
    checkVersion(process.env)
    const argv = [process.execPath, fileURLToPath(main), ...(config === undefined ? [] : [config])]
    return {
      command: argv.map(shellQuoted).join(' '),
      wait: { stdout: new StdoutHandshake() },
      gracefulShutdown: { signal: 'SIGTERM', timeout: STOP_TIMEOUT_MS },
      timeout: START_TIMEOUT_MS,
    }
  }
}

function checkVersion(env: EnvVariables): void {
  const { version, minor } = installedVersion()
  // Under `moorage exec` every entry has the variables from the start.
  if (minor >= MINIMUM_MINOR || env['MOORAGE']) return
  throw new MoorageError(
    'RUNTIME_UNSUPPORTED',
    `moorage.webServer() needs Playwright 1.${MINIMUM_MINOR} or later, but ${version} is installed.`,
    {
      hint: "Update Playwright, run `moorage exec -- playwright test`, or add the app to the services as npmServer() and use globalSetup: 'moorage/playwright'.",
    },
  )
}

/** Quotes for the shell that Playwright runs commands in: sh or cmd.exe. */
function shellQuoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  return process.platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`
}
