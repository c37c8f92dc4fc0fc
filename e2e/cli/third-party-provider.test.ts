import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const FIXTURE = 'e2e/fixtures/third-party-provider'

test("a third party's provider, on the packed package alone, passes the published suite", () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-third-party-'))
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [{ filename }] = JSON.parse(npm('pack', '--json', resolve('packages/moorage'))) as [{ filename: string }]
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    npm('install', '--omit=optional', '--omit=peer', '--no-package-lock', `./${filename}`)
    cpSync(FIXTURE, folder, { recursive: true })
    symlinkSync(resolve('packages/vitest/node_modules/vitest'), join(folder, 'node_modules/vitest'))
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=report.json', '--testTimeout=60000'],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, VITEST: '' } },
    )
    expect(status, stdout + stderr).toBe(0)
    // Its processes have no command for the flood of output, and no settings of containers.
    const { numPassedTests, numPendingTests } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as {
      [count: string]: number
    }
    expect({ numPassedTests, numPendingTests }).toEqual({ numPassedTests: 30, numPendingTests: 2 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the provider imports moorage/provider and nothing else of moorage', () => {
  const imports = globSync(`${FIXTURE}/*.ts`).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/ from '(moorage[^']*)'/g)].map(([, name]) => name),
  )
  expect(new Set(imports)).toEqual(new Set(['moorage/provider', 'moorage/provider/testing']))
})
