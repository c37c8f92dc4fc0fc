import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checks, runCheck } from './checks.ts'
import type { Summary } from './summary-reporter.ts'
import { OWN_NAMESPACES, type ProjectName, type TestRun } from './test-plan.ts'

// A run that hangs must not take the results of the others with it.
const DEADLINE_MINUTES: { readonly [P in ProjectName]: number } = { unit: 10, inventory: 10, contract: 20, e2e: 45 }

const SLOWEST = 10

export interface Output {
  /** Held back until its end, so that it does not mix with what runs beside it. */
  readonly held: boolean
}

/** Runs tests and counts what they come to. */
export class TestTotal implements Disposable {
  readonly #env: NodeJS.ProcessEnv
  // In the checkout: a run in namespaces of its own has other temporary folders.
  readonly #folder: string
  readonly #skipped = new Map<string, string[]>()
  readonly #files: { readonly file: string; readonly ms: number }[] = []
  #passed = 0
  #failed = 0
  #count = 0

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
    mkdirSync('node_modules/.moorage-tests', { recursive: true })
    this.#folder = resolve(mkdtempSync('node_modules/.moorage-tests/'))
  }

  /** Types, format and lint. */
  async runChecks(): Promise<void> {
    for (const check of checks) {
      const { passed, output } = await runCheck(check)
      process.stdout.write(`${passed ? '✓' : '✗'} ${check.name}\n${passed ? '' : `${output}\n`}`)
      if (passed) this.#passed += 1
      else this.#failed += 1
    }
  }

  async runTests({ project, files, env, isolated }: TestRun, output: Output = { held: false }): Promise<void> {
    if (!files.length) return
    const report = join(this.#folder, `${this.#count++}.json`)
    const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.ts']
    const argv = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...files]
    const ended = await this.#run(argv, {
      held: output.held,
      isolated,
      env: { ...env, MOORAGE_TEST_SUMMARY: report },
      minutes: DEADLINE_MINUTES[project],
    })
    if (!existsSync(report)) {
      const how = ended.late
        ? `did not end within ${DEADLINE_MINUTES[project]} min: the file that is missing above hangs`
        : `ended with exit code ${String(ended.code)} and no report`
      process.stdout.write(`✗ project ${project} ${how}\n`)
      this.#failed += 1
      return
    }
    const summary = JSON.parse(readFileSync(report, 'utf8')) as Summary
    this.#passed += summary.passed
    // A file that does not load, or an error outside of any test, fails the run without a failed test.
    this.#failed += summary.failed || (ended.code === 0 ? 0 : 1)
    this.#files.push(...summary.files)
    for (const { name, reason } of summary.skipped)
      this.#skipped.set(reason, [...(this.#skipped.get(reason) ?? []), name])
  }

  /** Those that need no engine: each a guarantee switched off, and its test red. */
  async runMutants(isolated: boolean): Promise<void> {
    const { code, output } = await this.#run(['scripts/tasks/mutants.ts', '--quick'], {
      held: true,
      isolated,
      env: {},
      minutes: 20,
    })
    const [, killed, others] = /mutants: (\d+) killed, (\d+)/.exec(output) ?? ['', '0', '1']
    this.#passed += Number(killed)
    this.#failed += code === 0 ? 0 : Math.max(1, Number(others))
  }

  /** Prints the slowest files, the skipped tests and, as the last line, the counts. Gives the exit code. */
  report(): number {
    const slowest = this.#files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)
    const rows = slowest.map(({ file, ms }) => `  ${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}\n`)
    if (rows.length) process.stdout.write(`\nSlowest files:\n${rows.join('')}`)
    const skips = [...this.#skipped].map(
      ([reason, names]) => `  ${names.length} × ${reason}\n${names.map((name) => `      ${name}`).join('\n')}`,
    )
    if (skips.length) process.stdout.write(`\nSkipped, and why:\n${skips.join('\n')}\n`)
    const skipped = [...this.#skipped.values()].reduce((sum, names) => sum + names.length, 0)
    process.stdout.write(`\n${this.#passed} passed, ${this.#failed} failed, ${skipped} skipped\n`)
    return this.#failed || !this.#passed ? 1 : 0
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #run(
    argv: readonly string[],
    { held, isolated, env, minutes }: Output & Pick<TestRun, 'isolated' | 'env'> & { readonly minutes: number },
  ): Promise<{ readonly code: number | null; readonly late: boolean; readonly output: string }> {
    const child = spawn(
      isolated ? OWN_NAMESPACES : process.execPath,
      [...(isolated ? [process.execPath] : []), ...argv],
      {
        stdio: held ? ['ignore', 'pipe', 'pipe'] : 'inherit',
        env: { ...this.#env, ...env },
        timeout: minutes * 60_000,
        killSignal: 'SIGKILL',
      },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
    const code = await new Promise<number | null>((done) => child.once('close', done))
    process.stdout.write(output)
    return { code, late: child.killed, output }
  }
}
