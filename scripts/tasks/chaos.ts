import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { bedEnvironment } from '../bed-environment.ts'

// `npm run chaos -- [--provider P] [--seed N] [--count N] [scenario …]`: kills at random moments, each from a seed that
// replays, and the scenarios; with words, only the scenarios that have them all in their name.
const { values, positionals } = parseArgs({
  options: {
    provider: { type: 'string', default: '' },
    seed: { type: 'string', default: '' },
    count: { type: 'string', default: '' },
  },
  allowPositionals: true,
})
for (const name of ['seed', 'count'] as const)
  if (!/^\d*$/.test(values[name])) throw new RangeError(`--${name} is '${values[name]}', and has to be a whole number.`)
if (!['', 'process', 'docker', 'kubernetes'].includes(values.provider))
  throw new RangeError(`--provider is '${values.provider}', and has to be process, docker or kubernetes.`)

const kills = values.seed || values.count
const files = positionals.length ? ['e2e/chaos/scenarios'] : kills ? ['e2e/chaos/kills.test.ts'] : []
const named = positionals.length ? ['-t', positionals.join('.*')] : []
const child = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'chaos', '--reporter=verbose', ...files, ...named],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...bedEnvironment(),
      ...(values.provider ? { MOORAGE_CHAOS_PROVIDER: values.provider } : {}),
      ...(values.seed ? { MOORAGE_CHAOS_SEED: values.seed } : {}),
      ...(values.count ? { MOORAGE_CHAOS_COUNT: values.count } : {}),
    },
  },
)
process.exitCode = (await new Promise<number | null>((done) => child.once('exit', done))) ?? 1
