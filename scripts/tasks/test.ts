import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bedEnvironment } from '../bed-environment.ts'
import { TestTotal } from '../run-tests.ts'
import { areaOf, type Area } from '../test-areas.ts'
import {
  engineRuns,
  filesOf,
  hasOwnNamespaces,
  LONG_FILES,
  processRuns,
  standInRuns,
  type ProjectName,
  type TestFiles,
  type TestRun,
} from '../test-plan.ts'

// `npm test`: everything that this machine can run, in the order in which a fault is cheapest to find. Tests of plain
// processes run in namespaces of their own, beside those of engines. `npm test -- AREA …` runs the tests of some areas
// alone.
const { positionals } = parseArgs({ allowPositionals: true })
const areas = chosenAreas(positionals)
const withLong = Boolean(process.env['MOORAGE_TEST_LONG'])
using total = new TestTotal({ ...process.env, ...bedEnvironment() })

if (areas) {
  const files = (project: ProjectName): readonly string[] => areas.flatMap((area) => area.get(project) ?? [])
  for (const project of ['unit', 'inventory'] as const) await total.runTests(plain(project, files(project)))
  for (const run of standInRuns({ contract: files('contract') })) await total.runTests(run)
  await runSideBySide({ contract: files('contract'), e2e: files('e2e') }, false)
} else {
  await total.runChecks()
  for (const project of ['unit', 'inventory'] as const) await total.runTests(plain(project, filesOf(project)))
  for (const run of standInRuns({ contract: filesOf('contract') })) await total.runTests(run)
  await runSideBySide({ contract: chosenFiles('contract'), e2e: chosenFiles('e2e') }, true)
  if (!withLong) process.stdout.write(`\nLeft to CI and to npm run matrix: ${LONG_FILES.join(', ')}\n`)
}
process.exitCode = total.report()

async function runSideBySide(files: TestFiles, withMutants: boolean): Promise<void> {
  const isolated = hasOwnNamespaces()
  const onEngines = engineRuns(files).filter((run) => run.files.length)
  const engines = async (): Promise<void> => {
    for (const run of onEngines) await total.runTests(run)
  }
  const processes = async (): Promise<void> => {
    for (const run of processRuns(files, isolated))
      await total.runTests(run, { held: isolated && onEngines.length > 0 })
    if (withMutants) await total.runMutants(isolated)
  }
  if (isolated) await Promise.all([engines(), processes()])
  else for (const run of [engines, processes]) await run()
}

function chosenFiles(project: ProjectName): readonly string[] {
  return filesOf(project).filter((file) => withLong || !LONG_FILES.includes(file))
}

function plain(project: ProjectName, files: readonly string[]): TestRun {
  // Vitest leaves one processor to itself, which halves the speed on a machine with two.
  const workers = String(Math.max(2, availableParallelism() - 1))
  return { project, files, env: project === 'unit' ? { MOORAGE_TEST_WORKERS: workers } : {}, isolated: false }
}

function chosenAreas(names: readonly string[]): readonly Area[] | undefined {
  try {
    return names.length ? names.map(areaOf) : undefined
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return process.exit(2)
  }
}
