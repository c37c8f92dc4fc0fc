import { expect, test } from 'vitest'
import type { Proposal } from '../../../packages/cli/src/init/change.ts'
import { detectProject } from '../../../packages/cli/src/init/detect/detect-project.ts'
import { proposeAll } from '../../../packages/cli/src/init/propose/propose-all.ts'
import { HAND_WRITTEN, projectFolder, type ProjectFolder } from './project-folder.ts'

const proposals = (folder: ProjectFolder, options = {}): readonly Proposal[] =>
  proposeAll(detectProject(folder.path), options).proposals

function apply(folder: ProjectFolder): void {
  for (const proposal of proposals(folder))
    if (proposal.kind === 'change')
      folder.write(proposal.change.path.slice(folder.path.length + 1), proposal.change.after)
}

test.each([
  ['hand-written steps', HAND_WRITTEN],
  ['Jest', { 'package.json': '{"scripts":{"test":"jest --ci"},"devDependencies":{"jest":"30","pg":"8"}}' }],
  ['node:test, and an empty list of scripts', { 'package.json': '{"scripts":{"t":"node --test"},"dependencies":{}}' }],
  ['pytest', { 'package.json': '{\n  "name": "a"\n}\n', 'pytest.ini': '' }],
])('a second init changes nothing: %s', (_, files) => {
  using folder = projectFolder(files)
  apply(folder)
  const kinds = new Set(proposals(folder).map(({ kind }) => kind))
  expect([...kinds]).toEqual(['unchanged'])
})

test('an edited pipeline and an edited config are kept', () => {
  using folder = projectFolder(HAND_WRITTEN)
  apply(folder)
  for (const file of ['.github/workflows/ci.yml', 'moorage.config.ts']) folder.write(file, `${folder.read(file)}\n`)
  const others = proposals(folder).filter(({ kind }) => kind !== 'unchanged')
  expect(others).toEqual([
    {
      kind: 'kept',
      path: `${folder.path}/.github/workflows/ci.yml`,
      reason: 'it exists and differs. To compare: moorage init --force --dry-run',
    },
  ])
  const forced = proposals(folder, { force: true }).flatMap((proposal) =>
    proposal.kind === 'change' ? [proposal.change.path.slice(folder.path.length + 1)] : [],
  )
  expect(forced).toEqual(['moorage.config.ts', '.github/workflows/ci.yml'])
})

test.each([
  [
    'no scripts',
    '{\n  "name": "a",\n  "devDependencies": { "vitest": "5" }\n}\n',
    '{\n  "name": "a",\n  "devDependencies": { "vitest": "5" },\n  "scripts": {\n    "test": "vitest run"\n  }\n}\n',
  ],
  [
    "npm init's script",
    '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"},"devDependencies":{"vitest":"5"}}',
    '{"scripts":{"test":"vitest run"},"devDependencies":{"vitest":"5"}}',
  ],
  [
    'Jest',
    '{\n\t"scripts": {\n\t\t"test": "jest --ci"\n\t},\n\t"devDependencies": { "jest": "30" }\n}',
    '{\n\t"scripts": {\n\t\t"test": "moorage exec -- jest --ci"\n\t},\n\t"devDependencies": { "jest": "30" }\n}',
  ],
  ['Jest behind a shell operator', '{"scripts":{"test":"tsc && jest"},"devDependencies":{"jest":"30"}}', undefined],
  [
    'node:test',
    '{"scripts":{"test":"node --import tsx --test test/*.ts"}}',
    '{"scripts":{"test":"moorage exec -- node --import tsx --test test/*.ts"}}',
  ],
])('package.json keeps its form: %s', (_, text, after) => {
  using folder = projectFolder({ 'package.json': text })
  const change = proposals(folder).find(
    (proposal) => proposal.kind === 'change' && proposal.change.path.endsWith('package.json'),
  )
  expect(change?.kind === 'change' ? change.change.after : undefined).toBe(after)
})
