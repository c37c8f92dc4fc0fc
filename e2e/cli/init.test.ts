import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HAND_WRITTEN, projectFolder, type ProjectFolder } from '../../test/cli/init/project-folder.ts'
import { openStage } from '../harness/fixture.ts'

// The built package, which the projects have not installed yet.
const COMMAND = [process.execPath, resolve('packages/moorage/bin/moorage.mjs'), 'init']

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function init(folder: string, ...options: readonly string[]): Result {
  const [program = '', ...args] = [...COMMAND, ...options]
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: quietEnvironment(),
  })
  return { code: status, stdout, stderr }
}

/** Without colours that the outer runner asks for. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...env } = process.env
  return env
}

/** All files with their texts, the repository's own folder aside. */
function contents(folder: ProjectFolder): { readonly [file: string]: string } {
  const entries = readdirSync(folder.path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    files.map((file) => file.slice(folder.path.length + 1)).map((file) => [file, folder.read(file)]),
  )
}

test('init writes what its diff shows, a second one nothing, and an edited workflow stays', () => {
  using folder = projectFolder(HAND_WRITTEN)
  const before = contents(folder)
  const shown = init(folder.path, '--dry-run')
  expect(shown, shown.stderr).toMatchObject({ code: 0 })
  expect(shown.stderr).toMatch(/^moorage: --dry-run: 10 files would be written; nothing was$/m)
  expect(contents(folder)).toEqual(before)

  using patched = projectFolder(HAND_WRITTEN)
  expect(spawnSync('git', ['apply', '-p1'], { cwd: patched.path, input: shown.stdout }).status).toBe(0)

  expect(init(folder.path, '--yes')).toMatchObject({ code: 0, stdout: shown.stdout })
  const after = contents(folder)
  expect(after).toEqual(contents(patched))
  expect(Object.keys(after).filter((file) => !(file in before))).toEqual(
    expect.arrayContaining(['moorage.config.ts', '.github/workflows/pr-checks.yml']),
  )

  const again = init(folder.path, '--yes')
  expect(again).toMatchObject({ code: 0, stdout: '' })
  expect(again.stderr).toMatch(/nothing to write: the project has all files that init would write\n$/)
  expect(contents(folder)).toEqual(after)

  const edited = `${folder.read('.github/workflows/ci.yml')}# ours\n`
  folder.write('.github/workflows/ci.yml', edited)
  const kept = init(folder.path, '--yes')
  expect(kept).toMatchObject({ code: 0, stdout: '' })
  expect(kept.stderr).toContain(
    'moorage: kept .github/workflows/ci.yml: it exists and differs. To compare: moorage init --force --dry-run\n',
  )
  expect(folder.read('.github/workflows/ci.yml')).toBe(edited)

  const forced = init(folder.path, '--force', '--yes')
  expect(forced.stdout).toMatch(/^--- a\/\.github\/workflows\/ci\.yml\n[^]*^-# ours$/m)
  expect(contents(folder)).toEqual(after)
})

test('a compose file needs no config', () => {
  using folder = projectFolder({ 'package.json': '{}', 'compose.yaml': 'services: { db: { image: "postgres:17" } }\n' })
  const { code, stderr } = init(folder.path, '--yes')
  expect(code).toBe(0)
  expect(stderr).toContain('found a compose file (compose.yaml) → no config is needed, its services run as they are\n')
  expect(readdirSync(folder.path)).not.toContain('moorage.config.mjs')
})

describe('on a terminal', () => {
  test.each([
    { name: 'yes', answer: 'y\n', code: 0, end: /created moorage\.config\.ts/ },
    { name: 'Enter', answer: '\n', code: 0, end: /created moorage\.config\.ts/ },
    { name: 'no', answer: 'n\n', code: 1, end: /nothing was written/ },
  ])('init asks, and understands $name', async ({ answer, code, end }) => {
    using folder = projectFolder(HAND_WRITTEN)
    await using stage = await openStage(folder.path, 'process')
    const child = await stage.start(COMMAND, {}, true)
    await expect.poll(() => child.output(), { timeout: 15_000 }).toContain('Write 10 files? [Y/n]')
    child.type(answer)
    expect(await child.ended).toMatchObject({ code })
    expect(child.output()).toMatch(end)
  })
})

describe('bad input', () => {
  test('without a terminal, and without --yes', () => {
    using folder = projectFolder({ 'package.json': '{}' })
    const { code, stderr } = init(folder.path)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /moorage: init: there is no terminal to ask on, so nothing was written\.\nAdd --yes to write these files, or --dry-run to only see them\.\n$/,
    )
    expect(readdirSync(folder.path).toSorted()).toEqual(['.git', 'package.json'])
  })

  test('no package.json, and a workflow that cannot be parsed: exit code 2', () => {
    using empty = projectFolder({})
    expect(init(empty.path, '--yes')).toEqual({
      code: 2,
      stdout: '',
      stderr: `moorage: init: ${empty.path} contains no package.json, nor does any folder above it.\nRun init in the folder of a project. For a new one, run first: npm init -y\n`,
    })
    using broken = projectFolder({ 'package.json': '{}', '.github/workflows/ci.yml': 'jobs:\n  test: {\n' })
    expect(init(broken.path, '--yes')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`moorage: ${broken.path}/.github/workflows/ci.yml:3: this is not valid YAML: `),
    })
    expect(readdirSync(broken.path).toSorted()).toEqual(['.git', '.github', 'package.json'])
  })

  test.for([
    {
      name: 'a full disk',
      options: 'size=24k',
      problem: 'the disk is full (ENOSPC)',
      fix: 'Free some space and run init again.',
    },
    {
      name: 'a read-only disk',
      options: 'size=1m',
      problem: 'the file system is read-only (EROFS)',
      fix: 'Run init in a copy that can be written.',
    },
  ])('$name: exit code 1, and nothing is left', ({ options, problem, fix }, { skip }) => {
    if (process.getuid?.() !== 0) skip('mounting needs root')
    using disk = mountDisk(options)
    for (const [file, text] of Object.entries({ 'package.json': PACKAGE, '.github/workflows/old.yml': 'on: push\n' }))
      disk.write(file, text)
    if (problem.includes('read-only')) disk.remount('ro')
    const before = readdirSync(disk.path, { recursive: true })
    const { code, stderr } = init(disk.path, '--yes')
    expect({ code, stderr: stderr.split('\n').slice(-4) }).toEqual({
      code: 1,
      stderr: [
        expect.stringMatching(
          new RegExp(`^moorage: init: ${disk.path}/\\S+ cannot be written: ${escape(problem)}\\.$`),
        ),
        `Nothing was written. ${fix}`,
        'More: moorage explain INIT_FAILED',
        '',
      ],
    })
    expect(readdirSync(disk.path, { recursive: true })).toEqual(before)
  })
})

const PACKAGE = JSON.stringify({ scripts: { test: 'vitest run' }, devDependencies: { vitest: '5', pg: '8' } })

function escape(text: string): string {
  return text.replace(/[()]/g, String.raw`\$&`)
}

interface Disk extends Disposable {
  readonly path: string
  write(file: string, text: string): void
  remount(option: string): void
}

function mountDisk(options: string): Disk {
  const path = mkdtempSync(join(tmpdir(), 'moorage-disk-'))
  const mount = (...args: string[]): void => {
    const { status, stderr } = spawnSync('mount', [...args, path], { encoding: 'utf8' })
    if (status !== 0) throw new RangeError(stderr)
  }
  mount('-t', 'tmpfs', '-o', options, 'none')
  return {
    path,
    write: (file, text) => {
      spawnSync('mkdir', ['-p', join(path, file, '..')])
      writeFileSync(join(path, file), text)
    },
    remount: (option) => mount('-o', `remount,${option}`),
    [Symbol.dispose]() {
      spawnSync('umount', ['--lazy', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}
