import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ProgramContext } from '@moorage/core'
import { findPackageManager, scriptCommand } from '../../../packages/services/src/programs/package-manager.ts'
import { thrownMessage } from '../../thrown-error.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-manager-'))))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

function write(files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const engines = (packageManager: unknown): string => JSON.stringify({ devEngines: { packageManager } })

test.each<[string, { readonly [path: string]: string }, string, boolean]>([
  ['nothing', { '.git/HEAD': '' }, 'npm', false],
  ['packageManager', { 'package.json': '{ "packageManager": "pnpm@9.1.0+sha512.ab" }' }, 'pnpm', false],
  ['devEngines, which npm enforces', { 'app/package.json': engines({ name: 'pnpm' }) }, 'pnpm', true],
  ['a list of engines', { 'app/package.json': engines([{ name: 'yarn' }, { name: 'npm' }]) }, 'yarn', true],
  ['the lock file of the workspace', { 'pnpm-lock.yaml': '', 'app/package.json': '{}' }, 'pnpm', false],
  [
    'a field before a lock file',
    { 'package.json': '{ "packageManager": "yarn@4.0.0" }', 'bun.lock': '' },
    'yarn',
    false,
  ],
  ['the nearest lock file', { 'yarn.lock': '', 'app/package-lock.json': '{}' }, 'npm', false],
  ["Yarn's Plug'n'Play, which npm cannot run", { 'yarn.lock': '', '.pnp.cjs': '' }, 'yarn', true],
  [
    'a manager that does not exist',
    { 'package.json': '{ "packageManager": "cargo@1" }', '.git/HEAD': '' },
    'npm',
    false,
  ],
])("the project's package manager is found by %s", (_what, files, name, required) => {
  write({ 'app/server.mjs': '', ...files })
  expect(findPackageManager(join(root, 'app'))).toMatchObject({ name, required })
})

test('a lock file above the repository does not count', () => {
  write({ 'yarn.lock': '', 'repository/.git/HEAD': '' })
  expect(findPackageManager(join(root, 'repository'))).toEqual({ name: 'npm', required: false })
})

test('a folder above that all users share does not count', () => {
  chmodSync(root, 0o1777)
  write({ 'package.json': '{ "packageManager": "yarn@4.0.0" }', '.yarnrc.yml': 'yarnPath: evil.cjs', 'app/a.mjs': '' })
  expect(findPackageManager(join(root, 'app'))).toEqual({ name: 'npm', required: false })
})

const notices: string[] = []
const context = { service: 'api', notice: (text: string) => void notices.push(text) } as unknown as ProgramContext

/** A PATH with one program of that name. */
function installed(name: string): string {
  write({ [`bin/${name}`]: '#!/bin/sh\n' })
  chmodSync(join(root, 'bin', name), 0o755)
  vi.stubEnv('PATH', [join(root, 'bin'), '/nowhere'].join(delimiter))
  return join(root, 'bin', name)
}

test('the script runs by it, without its own output', () => {
  write({ 'pnpm-lock.yaml': '' })
  const pnpm = installed('pnpm')
  expect(scriptCommand(context, root, 'start')).toEqual([pnpm, '--silent', 'run', 'start'])
  write({ 'package.json': '{ "packageManager": "yarn@4.1.0" }' })
  const yarn = installed('yarn')
  expect(scriptCommand(context, root, 'start')).toEqual([yarn, 'run', '--silent', 'start'])
  write({ '.yarnrc.yml': 'nodeLinker: pnp\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n' })
  const own = join(root, '.yarn/releases/yarn-4.1.0.cjs')
  expect(scriptCommand(context, root, 'start')).toEqual([process.execPath, own, 'run', '--silent', 'start'])
})

test('npm takes its place where it is not installed, and a notice says so', () => {
  write({ 'yarn.lock': '' })
  installed('npm')
  expect(scriptCommand(context, root, 'start')).toEqual(['npm', 'run', '--silent', 'start'])
  expect(notices).toEqual([
    `services.api: ${join(root, 'yarn.lock')} asks for yarn, which is not on the PATH. npm runs the script instead.`,
  ])
})

test('where npm refuses to run the script, the missing package manager is an error', async () => {
  write({ 'package.json': engines({ name: 'pnpm', onFail: 'error' }) })
  installed('npm')
  expect(await thrownMessage(() => Promise.resolve(scriptCommand(context, root, 'start')))).toBe(
    `PROGRAM_NOT_FOUND\nservices.api: ${join(root, 'package.json')} asks for pnpm, which is not on the PATH.\nInstall it: npm install --global pnpm`,
  )
})
