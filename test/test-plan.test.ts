import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { areaNames, areaOf } from '../scripts/test-areas.ts'
import {
  engineRuns,
  filesOf,
  LONG_FILES,
  MIXED_FILES,
  PROCESS_FILES,
  processRuns,
  PROJECTS,
  standInRuns,
} from '../scripts/test-plan.ts'

// A run of `npm test` has one call of Vitest for plain processes and one for engines: no test may be in neither.
const files = filesOf('e2e')
const text = (file: string): string => readFileSync(file, 'utf8')

test('every end-to-end file is run, and those of both kinds are run twice', () => {
  const all = { contract: filesOf('contract'), e2e: files }
  const [contractOfProcesses = [], processes = []] = processRuns(all, true).map((run) => run.files)
  const [contractOfEngines = [], engines = []] = engineRuns(all).map((run) => run.files)
  const [ofStandIns = []] = standInRuns(all).map((run) => run.files)
  expect([...ofStandIns, ...contractOfProcesses, ...contractOfEngines].toSorted()).toEqual(all.contract)
  expect(ofStandIns.length).toBeGreaterThan(20)
  expect(ofStandIns.filter((file) => /\bmissing(Engine)?\(|MOORAGE_TESTBED/.test(text(file)))).toEqual([])
  expect([...new Set([...processes, ...engines])].toSorted()).toEqual(files)
  expect(processes.filter((file) => engines.includes(file)).toSorted()).toEqual([...MIXED_FILES].toSorted())
})

test('the listed files exist', () => {
  expect([...PROCESS_FILES, ...MIXED_FILES].filter((file) => !files.includes(file))).toEqual([])
  expect(LONG_FILES.filter((file) => ![...files, ...filesOf('contract')].includes(file))).toEqual([])
  expect(readFileSync('.ci/run', 'utf8')).toContain('MOORAGE_TEST_LONG=true')
})

test('a file that chooses plain processes among providers is run with them', () => {
  const choosing = files.filter((file) => /\bproviders\(\)|\b(providers|offers)\([^)]*'process'/.test(text(file)))
  expect(choosing.length).toBeGreaterThan(8)
  expect(choosing.filter((file) => !MIXED_FILES.includes(file))).toEqual([])
})

test('a file of plain processes alone opens no engine', () => {
  expect(PROCESS_FILES.filter((file) => /openStage\([^)]*'(docker|kubernetes)'|\bmissing\(/.test(text(file)))).toEqual(
    [],
  )
})

test('every test file is in a project', () => {
  const known = new Set([...PROJECTS.flatMap(filesOf), ...globSync('e2e/{chaos,floods,layouts}/**/*.test.ts')])
  const all = globSync('{test,e2e}/**/*.test.ts', { exclude: (path) => /fixtures|node_modules/.test(path) })
  // The test bed's own tests need a machine of their own.
  expect(all.filter((file) => !known.has(file) && file !== 'e2e/testbed/testbed.test.ts')).toEqual([])
})

test('an area is a package, a folder or a file; another name fails with the list of areas', () => {
  const [file = ''] = areaOf('core').get('unit') ?? []
  expect(file).toMatch(/^test\/core\//)
  expect(areaOf('packages/core/src').get('unit')).toEqual(areaOf('core').get('unit'))
  expect(areaOf('provider-docker').get('contract')).toContain('test/contract/docker.test.ts')
  expect([...areaOf('e2e/runners/watch.test.ts')]).toEqual([['e2e', ['e2e/runners/watch.test.ts']]])
  expect(areaNames()).toEqual(expect.arrayContaining(['core', 'e2e/cli', 'provider-kubernetes', 'simulation']))
  expect(() => areaOf('cor')).toThrow(/^No test file is in the area 'cor'\. .*: .*core, .*e2e\/runners/)
})
