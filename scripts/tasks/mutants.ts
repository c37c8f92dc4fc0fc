import { parseArgs } from 'node:util'
import { allMutants } from '../../e2e/mutants/all.ts'
import { copyTree } from '../../e2e/mutants/tree.ts'
import { tryMutant, type Verdict } from '../../e2e/mutants/trial.ts'
import { bedEnvironment } from '../bed-environment.ts'

// Each guarantee is taken out of a copy of the sources: its test has to turn red. `--quick`: those that need no engine.
const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const chosen = allMutants.filter(
  ({ name, quick }) => (quick || !values.quick) && positionals.every((word) => name.includes(word)),
)

let stopped = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopped = true
    process.stderr.write('Stopping after the test under way, which cleans up after itself.\n')
  })
}

const { CI: _, ...own } = process.env
const env = { ...own, ...(values.quick ? {} : bedEnvironment()) }
const count = { killed: 0, survived: 0, broken: 0, skipped: 0 }
using tree = copyTree()
for (const mutant of chosen) {
  if (stopped) break
  const since = performance.now()
  const verdict: Verdict = await tryMutant(tree, mutant, env).catch((error: unknown) => ({
    outcome: 'broken',
    why: error instanceof Error ? error.message : String(error),
  }))
  if (stopped) break
  count[verdict.outcome] += 1
  const seconds = `${((performance.now() - since) / 1000).toFixed(1)} s`
  process.stdout.write(
    `${verdict.outcome.padEnd(8)}  ${mutant.name.padEnd(38)}  ${seconds.padStart(7)}  ${mutant.test.file}\n`,
  )
  const why = verdict.why.split('\n').filter((line) => line && !/^ +at /.test(line))
  for (const line of why) process.stdout.write(`          ${line}\n`)
}

const rest = [
  count.broken ? `, ${count.broken} without proof` : '',
  count.skipped ? `, ${count.skipped} skipped` : '',
].join('')
process.stdout.write(`\nmutants: ${count.killed} killed, ${count.survived} survived${rest}\n`)
// A mutant without a verdict is a guarantee without a proof; in CI the test bed offers what every test needs.
const skippedInCi = process.env['CI'] === 'true' && count.skipped > 0
process.exitCode = stopped || count.survived || count.broken || skippedInCi || !chosen.length ? 1 : 0
