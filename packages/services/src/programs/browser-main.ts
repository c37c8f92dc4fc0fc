import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Playwright {
  readonly chromium: { launchServer(options: object): Promise<unknown> }
}

const [core = '', port = '0', executablePath] = process.argv.slice(2)

const { chromium } = (await import(pathToFileURL(join(core, 'index.mjs')).href)) as Playwright
await chromium.launchServer({
  host: '127.0.0.1',
  port: Number(port),
  wsPath: process.env['MOORAGE_BROWSER_PATH'],
  ...(executablePath === undefined ? {} : { executablePath }),
})
