import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant, TestRef } from './mutants.ts'
import { collectLeftovers } from './leftovers.ts'
import type { Tree } from './tree.ts'

/** `killed` is the aim; `broken`: the proof itself does not work, so nothing is proved. */
export interface Verdict {
  readonly outcome: 'killed' | 'survived' | 'broken' | 'skipped'
  readonly why: string
}

interface Result {
  readonly status: 'passed' | 'failed' | 'skipped' | 'none'
  readonly message: string
}

interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

/** First green without the mutant, then red with it, for the reason that it gives. */
export async function tryMutant(tree: Tree, mutant: Mutant, env: NodeJS.ProcessEnv): Promise<Verdict> {
  const before = await outcomeOf(tree, mutant.test, env)
  if (before.status === 'skipped') return { outcome: 'skipped', why: 'its test is skipped here' }
  if (before.status !== 'passed')
    return { outcome: 'broken', why: `without it, its test is not green: ${before.status} ${before.message}` }
  using _ = tree.mutate(mutant)
  using _leftovers = collectLeftovers()
  const after = await outcomeOf(tree, mutant.test, env)
  if (after.status === 'passed') return { outcome: 'survived', why: 'its test stays green' }
  if (after.status !== 'failed') return { outcome: 'broken', why: `with it, its test did not run: ${after.message}` }
  if (!mutant.says.test(after.message))
    return { outcome: 'broken', why: `red, but not for its reason ${String(mutant.says)}: ${after.message}` }
  return { outcome: 'killed', why: '' }
}

async function outcomeOf(tree: Tree, test: TestRef, env: NodeJS.ProcessEnv): Promise<Result> {
  // End-to-end tests run the built package.
  if (test.project === 'e2e') {
    const built = await run(tree, ['scripts/tasks/build.ts'], env)
    if (built.code !== 0) return { status: 'none', message: `the build failed:\n${built.output}` }
  }
  const cache = tree.newCache()
  const file = join(cache, 'report.json')
  const name = `^${test.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const { output } = await run(
    tree,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      test.project,
      test.file,
      '-t',
      name,
      '--reporter=json',
      `--outputFile=${file}`,
    ],
    { ...env, MOORAGE_CACHE_DIR: cache },
  )
  if (!existsSync(file)) return { status: 'none', message: output }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
  const found = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName === test.name.replaceAll(' > ', ' '))
  const [result] = found
  if (found.length !== 1 || !result)
    return {
      status: 'none',
      message: `${found.length} tests have its name. ${testResults.map(({ message }) => message).join('\n')}`,
    }
  const message = (result.failureMessages ?? []).join('\n')
  if (result.status === 'passed' || result.status === 'failed') return { status: result.status, message }
  return { status: 'skipped', message }
}

function run(
  { folder }: Tree,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  // A group of its own: a terminal's Ctrl-C must not cut a test off, whose end cleans up after the mutant.
  const child = spawn(process.execPath, args, {
    detached: true,
    cwd: folder,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((done) => {
    child.once('close', (code) => done({ code, output }))
  })
}
