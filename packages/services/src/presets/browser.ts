import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  callFolder,
  callSite,
  siblingModule,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Probe,
  type Service,
  type Template,
} from '@moorage/core'
import { imageOf, refusedAsProcess } from '../options/image-option.ts'
import { installedPlaywright, type InstalledPlaywright } from '../programs/installed-playwright.ts'
import { sharedOf } from '../options/shared-options.ts'

export interface BrowserOptions<N extends string = string> extends CommonOptions<N> {
  /** An image that holds the browsers of the installed Playwright. Default: the official one of exactly that version. */
  readonly image?: string
  /** The environment variable for the URL. Default: `PW_TEST_CONNECT_WS_ENDPOINT`, by which Playwright's tests connect on their own. */
  readonly as?: string
}

/**
 * Playwright's browser server, of exactly the installed version: `mcr.microsoft.com/playwright:v<version>-noble` as a
 * container, a local Chromium as a process. Pages reach what listens on this machine's loopback, and so every service.
 * Throws `MoorageError` (CONFIG_INVALID) when no Playwright is installed, or the image is of another minor version.
 */
export function browser<const N extends string = never>(options: BrowserOptions<N> = {}): Service<Address, N> {
  const installed = installedPlaywright(callFolder(callSite(browser)) ?? process.cwd())
  const image = imageOf('browser', options, {
    name: 'mcr.microsoft.com/playwright',
    tag: `v${installed.version}-noble`,
  })
  requireSameMinor(image, installed)
  const path = { $join: ['/', { $secret: 'path' }] }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const form = {
    connection: { host, port, url: { $join: ['ws://', host, ':', port, path] } },
    ready: [accepted(path, installed)],
  }
  const spec = {
    preset: 'browser',
    ports: { main: PORT },
    container: {
      ...form,
      image,
      user: '1001:1001',
      env: { MOORAGE_BROWSER_PATH: path, HOME: '/tmp' },
      command: ['sh', '-c', SERVE, 'sh', installed.chromium, installed.version],
      files: Object.fromEntries(
        CORE.map((name) => [`/opt/playwright-core/${name}`, { $file: join(installed.core, name) }]),
      ),
    },
    process: {
      ...form,
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/browser')) },
      options: { core: installed.core, chromium: installed.chromium },
      env: { MOORAGE_BROWSER_PATH: path },
    },
    variables: { PW_TEST_CONNECT_EXPOSE_NETWORK: '<loopback>' },
    ...sharedOf({ ...options, as: options.as ?? 'PW_TEST_CONNECT_WS_ENDPOINT' }),
  }
  return service('browser', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

const PORT = 3000

// The installed server itself: the official image holds browsers, and leaves it to npx to download one at each start.
const CORE = ['cli.js', 'package.json', 'browsers.json', 'lib'] as const

// The shell is the container's first process: it ends at SIGTERM, which Node would ignore there, and buries what Chromium leaves.
const SERVE = `ls -d "\${PLAYWRIGHT_BROWSERS_PATH:-/ms-playwright}"/chromium*-"$1" >/dev/null 2>&1 || {
  echo "This image has no Chromium of build $1, which Playwright $2 needs: use mcr.microsoft.com/playwright:v$2-noble, or an image made from it."
  exit 1
}
trap 'kill $!; exit 143' TERM INT
node /opt/playwright-core/cli.js run-server --host 0.0.0.0 --port ${PORT} --path "$MOORAGE_BROWSER_PATH" &
wait $!`

/** The server opens a connection at the secret path for a client of the installed version: an open port says less. */
function accepted(path: Template, { version }: InstalledPlaywright): Probe {
  const request = [
    'GET ',
    path,
    ` HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Playwright/${version}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bW9vcmFnZSBhc2tzIGl0Lg==\r\n\r\n`,
  ]
  return { kind: 'exchange', send: { text: { $join: request } }, expect: { text: 'HTTP/1.1 101 ' } }
}

/** A server refuses a client of another minor version: say so before anything is pulled. */
function requireSameMinor(image: string, { version }: InstalledPlaywright): void {
  const [, tagged] = /(?:^|\/)playwright:v(\d+\.\d+)\b/.exec(image) ?? []
  const minor = version.split('.').slice(0, 2).join('.')
  if (tagged === undefined || tagged === minor) return
  throw new MoorageError(
    'CONFIG_INVALID',
    `browser({ image }): ${image} has the browsers of Playwright ${tagged}, and ${version} is installed.`,
    {
      hint: `Use the tag v${version}-noble, which is the default, or install @playwright/test@${tagged}.`,
    },
  )
}
