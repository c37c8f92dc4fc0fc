import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { missing, type ProviderName } from '../harness/engine.ts'
import { openStage } from '../harness/fixture.ts'
import { openProject, type Files, type Project } from '../harness/project.ts'

interface Guide {
  readonly before: Files
  readonly commands: readonly string[]
  readonly after: Files
}

/** The files and commands of a page, whose code blocks name their file in the first line. */
function readGuide(page: string): Guide {
  const sections = readFileSync(`docs/migration/${page}.md`, 'utf8').split(/^## /m)
  const section = (title: string): string => sections.find((text) => text.startsWith(title)) ?? ''
  const files = (text: string): Files =>
    Object.fromEntries(
      [...text.matchAll(/^```\w+\n(?:\/\/|#|<!--) (\S+)(?: -->)?\n([^]*?)^```/gm)].map(([, path = '', code = '']) => [
        path,
        code,
      ]),
    )
  const [, commands = ''] = /^```sh\n([^]*?)^```/m.exec(section('Commands')) ?? []
  return {
    before: files(section('Before')),
    commands: commands.split('\n').filter(Boolean),
    after: { ...files(section('Commands')), ...files(section('After')) },
  }
}

const MODULES = 'e2e/fixtures/isolation/node_modules'
const PACKAGES = Object.fromEntries(['mongodb', 'pg', 'redis', 'vitest'].map((name) => [name, join(MODULES, name)]))

/** The project as the page leaves it. `npm install` of moorage is the harness's own. */
function openMigrated({ before, commands, after }: Guide): Project {
  const project = openProject({
    packages: PACKAGES,
    files: { 'package.json': '{ "type": "module" }', ...before, ...after },
  })
  mkdirSync(join(project.folder, 'node_modules/.bin'))
  for (const [name, file] of [
    ['moorage', 'moorage/bin/moorage.mjs'],
    ['vitest', 'vitest/vitest.mjs'],
  ] as const)
    symlinkSync(`../${file}`, join(project.folder, 'node_modules/.bin', name))
  // As npm makes it when it installs the package.
  chmodSync(join(project.folder, 'node_modules/moorage/bin/moorage.mjs'), 0o755)
  for (const command of commands) {
    const [, removed] = /^rm (\S+)$/.exec(command) ?? []
    if (removed) rmSync(join(project.folder, removed))
    else expect(command).toBe('npm install --save-dev moorage')
  }
  return project
}

test.each<readonly [page: string, provider: ProviderName, command: readonly string[], passed: RegExp]>([
  // First: pods of the others that are going away would be part of its inventory.
  ['testcontainers', 'docker', ['node_modules/.bin/vitest', 'run'], /Tests +1 passed/],
  ['kubectl', 'kubernetes', ['npm', 'test'], /^. pass 1$/m],
  ['visual-servers', 'kubernetes', ['npm', 'test'], /^. pass 1$/m],
])('docs/migration/%s.md moves a project to moorage: its tests pass on %s', async (page, provider, command, passed) => {
  const reason = missing(provider)
  if (reason) return void console.warn(reason)
  using project = openMigrated(readGuide(page))
  await using stage = await openStage(project.folder, provider)
  const child = await stage.start(command)
  const end = await child.ended
  expect(end, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(passed)
  await stage.clean(3_000)
})

/** Lines of set-up: workflow, config and global setup, without tests, sources and package.json. */
function setUpLines(files: Files): number {
  return Object.entries(files)
    .filter(([path]) => /\.ya?ml$|config\.|global-setup/.test(path))
    .flatMap(([, text]) => text.split('\n'))
    .filter((line) => line.trim()).length
}

test('the overview states how many lines of set-up each move saves', () => {
  const rows = [
    ...readFileSync('docs/migration/index.md', 'utf8').matchAll(/\]\(([\w-]+)\.md\) \| (\d+) \| (\d+) \|$/gm),
  ].map(([, page = '', before, after]) => ({ page, before: Number(before), after: Number(after) }))
  expect(rows).toHaveLength(5)
  expect(
    rows.map(({ page }) => {
      const { before, after } = readGuide(page)
      return { page, before: setUpLines(before), after: setUpLines(after) }
    }),
  ).toEqual(rows)
})
