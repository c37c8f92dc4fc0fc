import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

test('the packed package installs by npm, imports, and runs a command with a service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-packed-'))
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [{ filename, files }] = JSON.parse(npm('pack', '--json', resolve('packages/moorage'))) as [
      { filename: string; files: { path: string }[] },
    ]
    const paths = files.map(({ path }) => path)
    expect(paths.filter((path) => !/^(dist|bin)\//.test(path)).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'compose.schema.json',
      'kubernetes-cluster-role.yaml',
      'kubernetes-deleter-cluster-role.yaml',
      'kubernetes-lease-role.yaml',
      'kubernetes-role.yaml',
      'package.json',
    ])
    expect(paths).toContain('bin/moorage.mjs')
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    npm('install', '--omit=optional', '--omit=peer', '--no-package-lock', `./${filename}`)
    // Users install two packages.
    expect(
      readdirSync(join(folder, 'node_modules'))
        .filter((name) => !name.startsWith('.'))
        .toSorted(),
    ).toEqual(['get-port', 'moorage'])
    writeFileSync(
      join(folder, 'moorage.config.ts'),
      "import { defineConfig, plainProcess, staticServer } from 'moorage'\nexport default defineConfig({ provider: plainProcess(), services: { web: staticServer({ root: '.' }) } })\n",
    )
    const page = execFileSync(
      process.execPath,
      [
        'node_modules/moorage/bin/moorage.mjs',
        'exec',
        '--',
        process.execPath,
        '-e',
        "fetch(process.env.WEB_URL + '/package.json').then((r) => r.text()).then(console.log)",
      ],
      { cwd: folder, encoding: 'utf8' },
    )
    expect(JSON.parse(page)).toEqual(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
