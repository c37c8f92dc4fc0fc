import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  callFolder,
  callSite,
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
  service,
  type Address,
  type BuildSpec,
  type CommonOptions,
  type Probe,
  type Service,
  type Template,
} from '@moorage/core'
import { resolveImage, unsupportedImage } from '../options/image-option.ts'
import { installedPlaywright, type InstalledPlaywright } from '../programs/installed-playwright.ts'
import { COMMON_OPTIONS, commonSpec } from '../options/common-options.ts'

const PORT = 3000

export interface BrowserOptions<N extends string = string> extends CommonOptions<N> {
  /**
   * An image with the browsers of the installed Playwright: its name, or `build('./folder')`. Default: the official
   * image of exactly that version.
   */
  readonly image?: string | BuildSpec
  /**
   * The environment variable for the URL. Default: `PW_TEST_CONNECT_WS_ENDPOINT`, which Playwright's tests connect to
   * by themselves.
   */
  readonly as?: string
}

const OPTIONS: OptionNames<BrowserOptions> = {
  image: true,
  ...COMMON_OPTIONS,
}

/**
 * Playwright's browser server in exactly the installed version: `mcr.microsoft.com/playwright:v<version>-noble` as a
 * container, a local Chromium as a process. Pages reach every service, and whatever else listens on this machine's
 * loopback. Throws `MoorageError` (CONFIG_INVALID) if no Playwright is installed, if the image is of another minor
 * version or empty, or for an invalid common option.
 */
export function browser<const N extends string = never>(options: BrowserOptions<N> = {}): Service<Address, N> {
  rejectUnknownOptions('browser', options, OPTIONS)
  const installed = installedPlaywright(callFolder(callSite(browser)) ?? process.cwd())
  const image = resolveImage('browser', options, {
    name: 'mcr.microsoft.com/playwright',
    tag: `v${installed.version}-noble`,
  })
  if (typeof image === 'string') checkMinorVersion(image, installed)
  const path = { $join: ['/', { $secret: 'path' }] }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const form = {
    connection: { host, port, url: { $join: ['ws://', host, ':', port, path] } },
    ready: [acceptsClient(path, installed)],
  }
  const spec = {
    preset: 'browser',
    ports: { main: PORT },
    container: {
      ...form,
      image,
      user: '1001:1001',
      env: { MOORAGE_BROWSER_PATH: path, HOME: '/tmp' },
      command: ['sh', '-c', START_SCRIPT, 'sh', installed.chromium, installed.version],
      files: Object.fromEntries(
        SERVER_FILES.map((name) => [`/opt/playwright-core/${name}`, { $file: join(installed.core, name) }]),
      ),
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/browser')) },
      options: { core: installed.core, chromium: installed.chromium },
      env: { MOORAGE_BROWSER_PATH: path },
    },
    variables: { PW_TEST_CONNECT_EXPOSE_NETWORK: '<loopback>' },
    ...commonSpec({ ...options, as: options.as ?? 'PW_TEST_CONNECT_WS_ENDPOINT' }),
  }
  return service('browser', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

// The files of the installed server. The official image contains only browsers; npx would download a server at each
// start.
const SERVER_FILES = ['cli.js', 'package.json', 'browsers.json', 'lib'] as const

// The shell is process 1: it ends on SIGTERM, which Node ignores in that role, and reaps Chromium's orphaned children.
const START_SCRIPT = `ls -d "\${PLAYWRIGHT_BROWSERS_PATH:-/ms-playwright}"/chromium*-"$1" >/dev/null 2>&1 || {
  echo "This image lacks Chromium build $1, which Playwright $2 needs. Use mcr.microsoft.com/playwright:v$2-noble, or an image based on it."
  exit 1
}
trap 'kill $!; exit 143' TERM INT
node /opt/playwright-core/cli.js run-server --host 0.0.0.0 --port ${PORT} --path "$MOORAGE_BROWSER_PATH" &
wait $!`

/**
 * The server accepts a WebSocket at its secret path from a client of the installed version. An open port proves less.
 */
function acceptsClient(path: Template, { version }: InstalledPlaywright): Probe {
  const request = [
    'GET ',
    path,
    ` HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Playwright/${version}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bW9vcmFnZSBhc2tzIGl0Lg==\r\n\r\n`,
  ]
  return { kind: 'exchange', send: { text: { $join: request } }, expect: { text: 'HTTP/1.1 101 ' } }
}

/** A server refuses clients of another minor version. Fail before the image is pulled. */
function checkMinorVersion(image: string, { version }: InstalledPlaywright): void {
  const [, tagged] = /(?:^|\/)playwright:v(\d+\.\d+)\b/.exec(image) ?? []
  const minor = version.split('.').slice(0, 2).join('.')
  if (tagged === undefined || tagged === minor) return
  throw new MoorageError(
    'CONFIG_INVALID',
    `browser({ image }): ${image} contains the browsers of Playwright ${tagged}, but ${version} is installed.`,
    {
      hint: `Use the tag v${version}-noble, the default, or install @playwright/test@${tagged}.`,
    },
  )
}
