import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { orderGlobalSetups } from '../../packages/vitest/src/global-setup-order.ts'

test("moorage's global setup is the first of a project's, once, and a project without one gets none", () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-order-'))
  try {
    const setup = join(folder, 'setup.js')
    const link = join(folder, 'link.js')
    writeFileSync(setup, '')
    symlinkSync(setup, link)
    const ordered = (globalSetup: string | string[]): string | string[] => {
      const config = { globalSetup }
      orderGlobalSetups(config, setup)
      return config.globalSetup
    }
    expect(ordered(['/migrate.ts', link])).toEqual([setup, '/migrate.ts'])
    expect(ordered(['/migrate.ts', '/users.ts', setup])).toEqual([setup, '/migrate.ts', '/users.ts'])
    expect(ordered('/migrate.ts')).toEqual([setup, '/migrate.ts'])
    expect(ordered([setup])).toEqual([setup])
    expect(ordered([])).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
