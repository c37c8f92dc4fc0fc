import { spawn } from 'node:child_process'
import { hasOwnNamespaces, OWN_NAMESPACES } from '../test-plan.ts'

// `npm run layouts -- [WORDS]`: projects and machines as users have them, with the packed package; words select layouts
// by title. Packages come from the registry once, and are kept in the cache folder.
const words = process.argv.slice(2)
const named = words.length ? ['-t', words.join('.*')] : []
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'layouts', '--reporter=verbose', ...named]
const wrap = hasOwnNamespaces() ? [OWN_NAMESPACES] : []
process.exitCode =
  (await run([process.execPath, 'e2e/layouts/install-all.ts'])) || (await run([...wrap, process.execPath, ...vitest]))

async function run([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' })
  return (await new Promise<number | null>((done) => child.once('exit', done))) ?? 1
}
