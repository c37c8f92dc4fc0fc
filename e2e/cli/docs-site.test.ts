import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import { defineConfig, plainProcess, provision, staticServer } from 'moorage'
import { expect, test } from 'vitest'
import { SIDEBAR } from '../../docs/.vitepress/sidebar.ts'
import { CHROMIUM, missingChromium } from '../harness/chromium.ts'

const BUILD_TIMEOUT_MS = 180_000

test(
  'the site builds without a dead link, and its search works without a network',
  async ({ skip }) => {
    const reason = missingChromium()
    if (reason) skip(reason)
    const root = mkdtempSync(join(tmpdir(), 'moorage-site-'))
    try {
      const argv = ['scripts/run.mjs', 'docs', '--out-dir', root]
      await promisify(execFile)(process.execPath, argv, { timeout: BUILD_TIMEOUT_MS })
      for (const { link } of SIDEBAR.flatMap(({ items }) => items))
        expect(existsSync(join(root, link.endsWith('/') ? `${link}index.html` : `${link}.html`)), link).toBe(true)
      await using env = await provision(
        defineConfig({ provider: plainProcess(), services: { site: staticServer({ root }) } }),
      )
      expect(await searchSite(env.endpoints.site.url)).toEqual({
        title: 'A database for each worker, file or test',
        foreign: [],
        errors: [],
      })
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
  BUILD_TIMEOUT_MS,
)

/** Searches for a page as a reader does, and opens the first result. */
async function searchSite(url: string): Promise<{ title: string; foreign: string[]; errors: string[] }> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    const foreign: string[] = []
    const errors: string[] = []
    page.on('request', (request) => void (request.url().startsWith(url) || foreign.push(request.url())))
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    // Before its scripts have taken over, the page hears no keys.
    await page.waitForFunction(`'_vnode' in document.querySelector('#app')`)
    await page.keyboard.press('Control+k')
    await page.getByRole('searchbox').fill('own database for each test')
    await page.locator('.VPLocalSearchBox .result').first().click()
    await page.waitForURL(/isolation/)
    // The link to the heading stands in it, and has no width.
    const title = (await page.locator('h1').innerText()).replaceAll(/[\u200B\s]+$/g, '')
    return { title, foreign, errors }
  } finally {
    await browser.close()
  }
}
