import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openInBrowser, whyNoBrowser } from '../../packages/cli/src/open-in-browser.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moorage-open-'))
  vi.stubEnv('PATH', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['linux', {}, 'there is no display'],
  ['linux', { DISPLAY: ':0' }, undefined],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, undefined],
  ['linux', { WSL_DISTRO_NAME: 'Debian' }, undefined],
  ['darwin', {}, undefined],
  ['win32', {}, undefined],
])('on %s with %o: %s', (platform, env, reason) => {
  expect(whyNoBrowser(platform, env)).toBe(reason)
})

test('the opener of the platform gets the URL', async () => {
  writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\necho "$@" > ${join(folder, 'opened')}\n`)
  chmodSync(join(folder, 'xdg-open'), 0o755)
  expect(await openInBrowser('http://127.0.0.1:1/?a=b&c=d')).toBeUndefined()
  expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe('http://127.0.0.1:1/?a=b&c=d\n')
})

test('an opener that fails, and none', async () => {
  expect(await openInBrowser('http://127.0.0.1:1/')).toBe('xdg-open is not installed')
  writeFileSync(join(folder, 'xdg-open'), '#!/bin/sh\nexit 3\n')
  chmodSync(join(folder, 'xdg-open'), 0o755)
  expect(await openInBrowser('http://127.0.0.1:1/')).toBe('xdg-open ended with exit code 3')
})
