import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Playwright's own server for one Chromium: MOORAGE_CHROMIUM, else the build that Playwright has installed, else one on the PATH. */
export async function program({ service, options, ports, dir, notice }: ProgramContext): Promise<Program> {
  const executable = chromium(service, String(options['chromium']))
  notice(
    `services.${service} is ${executable[0] ?? "Playwright's own Chromium"} with the fonts of this machine: screenshots may differ from those of the image.`,
  )
  const main = fileURLToPath(siblingModule(import.meta.url, 'browser-main'))
  // Its profiles go with the run, however it ends.
  const env = { TMPDIR: await dir() }
  return { command: [process.execPath, main, String(options['core']), String(ports['main']), ...executable], env }
}

/** Path of the executable; none for the one that Playwright finds by itself. */
function chromium(service: string, build: string): readonly string[] {
  const named = process.env['MOORAGE_CHROMIUM']
  if (named) {
    if (existsSync(named)) return [named]
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: MOORAGE_CHROMIUM names ${named}, and there is no such file.`,
      { service, hint: 'Correct it, or unset it to use the Chromium of Playwright, or one on the PATH.' },
    )
  }
  if (existsSync(join(browsersFolder(), `chromium_headless_shell-${build}`, 'INSTALLATION_COMPLETE'))) return []
  const found = NAMES.map((name) => findProgram(name)).find(Boolean) ?? APPLICATIONS.find((path) => existsSync(path))
  if (found) return [found]
  throw new MoorageError('PROGRAM_NOT_FOUND', `services.${service}: there is no Chromium to run as a plain process.`, {
    service,
    hint: 'Install one (npx playwright install chromium, apt install chromium), name it in MOORAGE_CHROMIUM, use Docker or Kubernetes, or set PW_TEST_CONNECT_WS_ENDPOINT to a server that runs.',
  })
}

/** Where `playwright install` puts what it downloads. */
function browsersFolder(): string {
  const named = process.env['PLAYWRIGHT_BROWSERS_PATH']
  if (named) return named
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/ms-playwright')
  if (process.platform === 'win32') return join(process.env['LOCALAPPDATA'] ?? homedir(), 'ms-playwright')
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ms-playwright')
}
