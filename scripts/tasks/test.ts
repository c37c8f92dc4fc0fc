import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bedEnvironment } from '../bed-environment.ts'
import { checks, runCheck } from '../checks.ts'
import type { Summary } from '../summary-reporter.ts'

// Everything that this machine can run, in the order in which a fault is cheapest to find.
const PROJECTS = ['unit', 'inventory', 'contract', 'e2e'] as const

// Minutes: a project that hangs must not take the other projects' results with it.
const DEADLINE = { unit: 10, inventory: 10, contract: 20, e2e: 45 }

const env = { ...process.env, ...bedEnvironment() }
const folder = mkdtempSync(join(tmpdir(), 'moorage-test-'))
const total = { passed: 0, failed: 0, skipped: new Map<string, string[]>() }

try {
  for (const check of checks) {
    const { passed, output } = await runCheck(check)
    process.stdout.write(`${passed ? '✓' : '✗'} ${check.name}\n${passed ? '' : `${output}\n`}`)
    total[passed ? 'passed' : 'failed'] += 1
  }
  for (const project of PROJECTS) await runProject(project)
  await runMutants()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const skips = [...total.skipped].map(
  ([reason, names]) => `  ${names.length} × ${reason}\n${names.map((name) => `      ${name}`).join('\n')}`,
)
if (skips.length) process.stdout.write(`\nSkipped, and why:\n${skips.join('\n')}\n`)
const skipped = [...total.skipped.values()].reduce((sum, names) => sum + names.length, 0)
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${skipped} skipped\n`)
process.exitCode = total.failed || !total.passed ? 1 : 0

/** Those that need no engine: each a guarantee switched off, and its test red. */
async function runMutants(): Promise<void> {
  const child = spawn(process.execPath, ['scripts/tasks/mutants.ts', '--quick'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await new Promise((done) => child.once('close', done))
  process.stdout.write(output)
  const [, killed, others] = /mutants: (\d+) killed, (\d+)/.exec(output) ?? ['', '0', '1']
  total.passed += Number(killed)
  total.failed += child.exitCode === 0 ? 0 : Math.max(1, Number(others))
}

async function runProject(project: (typeof PROJECTS)[number]): Promise<void> {
  const report = join(folder, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.ts']
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters], {
    stdio: 'inherit',
    env: { ...env, MOORAGE_TEST_SUMMARY: report },
    timeout: DEADLINE[project] * 60_000,
    killSignal: 'SIGKILL',
  })
  const code = await new Promise<number | null>((done) => child.once('exit', done))
  if (!existsSync(report)) {
    const how = child.killed
      ? `did not end within ${DEADLINE[project]} min: the file that is missing above hangs`
      : `ended with exit code ${String(code)} and no report`
    process.stdout.write(`✗ project ${project} ${how}\n`)
    total.failed += 1
    return
  }
  const summary = JSON.parse(readFileSync(report, 'utf8')) as Summary
  total.passed += summary.passed
  // A file that does not load, or an error outside of any test, fails the run without a failed test.
  total.failed += summary.failed || (code === 0 ? 0 : 1)
  for (const { name, reason } of summary.skipped)
    total.skipped.set(reason, [...(total.skipped.get(reason) ?? []), name])
}
