import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeFolder, siblingModule, MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'

const PROGRAM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC_APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * Playwright's server for one Chromium: the one in MOORAGE_CHROMIUM, else the build that Playwright installed, else one
 * on the PATH.
 */
export async function program({ service, options, ports, dir, notice }: ProgramContext): Promise<Program> {
  const executable = findChromium(service, String(options['chromium']))
  notice(
    `services.${service} runs ${executable[0] ?? "Playwright's own Chromium"} with the fonts of this machine, so screenshots may differ from those of the image.`,
  )
  const main = fileURLToPath(siblingModule(import.meta.url, 'browser-main'))
  // Chromium creates its profiles here, and the run removes the folder even after a kill.
  const env = { TMPDIR: await dir() }
  return { command: [process.execPath, main, String(options['core']), String(ports['main']), ...executable], env }
}

/** The path of the executable. Empty for the build that Playwright finds by itself. */
function findChromium(service: string, build: string): readonly string[] {
  const named = process.env['MOORAGE_CHROMIUM']
  if (named) {
    if (existsSync(named)) return [named]
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: MOORAGE_CHROMIUM names ${named}, which does not exist.`,
      { service, hint: "Correct the path, or unset the variable to use Playwright's Chromium or one on the PATH." },
    )
  }
  if (existsSync(join(browsersFolder(), `chromium_headless_shell-${build}`, 'INSTALLATION_COMPLETE'))) return []
  const found =
    PROGRAM_NAMES.map((name) => findProgram(name)).find(Boolean) ?? MAC_APPLICATIONS.find((path) => existsSync(path))
  if (found) return [found]
  throw new MoorageError('PROGRAM_NOT_FOUND', `services.${service}: found no Chromium to run as a plain process.`, {
    service,
    hint: 'Install one (npx playwright install chromium, apt install chromium), set MOORAGE_CHROMIUM to its path, use Docker or Kubernetes, or set PW_TEST_CONNECT_WS_ENDPOINT to a running server.',
  })
}

/** The folder that `playwright install` downloads to. Source: Playwright, "Browsers", "Managing browser binaries". */
function browsersFolder(): string {
  const named = process.env['PLAYWRIGHT_BROWSERS_PATH']
  if (named) return named
  if (process.platform === 'darwin') return join(homeFolder(), 'Library/Caches/ms-playwright')
  if (process.platform === 'win32') return join(process.env['LOCALAPPDATA'] ?? homeFolder(), 'ms-playwright')
  return join(process.env['XDG_CACHE_HOME'] ?? join(homeFolder(), '.cache'), 'ms-playwright')
}
