import { spawn } from 'node:child_process'
import { bedEnvironment } from '../bed-environment.ts'
import { hasOwnNamespaces, OWN_NAMESPACES } from '../test-plan.ts'

// `npm run floods -- [WORDS]`: writers without end, readers that stop, closed pipes, many connections and many files;
// prints the highest memory of each. Words select floods by title.
const words = process.argv.slice(2)
const named = words.length ? ['-t', words.join('.*')] : []
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'floods', '--reporter=verbose', ...named]
const env = { ...process.env, ...bedEnvironment() }
process.exitCode =
  (await run([...(hasOwnNamespaces() ? [OWN_NAMESPACES] : []), process.execPath, ...vitest, 'floods/floods'])) ||
  (await run([process.execPath, ...vitest, 'docker-floods']))

async function run([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env })
  return (await new Promise<number | null>((done) => child.once('exit', done))) ?? 1
}
