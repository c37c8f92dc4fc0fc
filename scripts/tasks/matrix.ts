import { spawn } from 'node:child_process'
import { bedEnvironment } from '../bed-environment.ts'
import { LONG_FILES } from '../test-plan.ts'

// The runners' tests on every supported version of Vitest and Playwright, and the first use and the pipelines on every
// provider, and the long scenarios; names of files or tests narrow it.
const env = { ...process.env, ...bedEnvironment(), MOORAGE_MATRIX: '1' }
const files = [
  ...['playwright', 'vitest', 'interrupted', 'reports', 'teardown', 'types'].map(
    (name) => `e2e/runners/${name}.test.ts`,
  ),
  'e2e/cli/init-first-use.test.ts',
  'e2e/cli/init-workflows.test.ts',
  ...LONG_FILES,
]
const chosen = process.argv.length > 2 ? process.argv.slice(2) : files
const child = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'e2e', '--project', 'contract', ...chosen],
  {
    stdio: 'inherit',
    env,
  },
)
child.once('exit', (code) => (process.exitCode = code ?? 1))
