import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { missing, type ProviderName } from '../../e2e/harness/engine.ts'
import { slopeOf } from '../../e2e/chaos/soak/slope.ts'
import { bedEnvironment } from '../bed-environment.ts'

// `npm run soak -- [--provider P] [--runs N] [--seed N]`: runs beside seeded faults of the engine and of services;
// every outcome is a success or the right error, and nothing grows.
const { values } = parseArgs({
  options: {
    provider: { type: 'string' },
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
})
for (const name of ['runs', 'seed'] as const)
  if (!/^\d+$/.test(values[name])) throw new RangeError(`--${name} is '${values[name]}', and has to be a whole number.`)
const all: readonly ProviderName[] = ['process', 'docker', 'kubernetes']
const providers = values.provider === undefined ? all : all.filter((name) => name === values.provider)
if (!providers.length)
  throw new RangeError(`--provider is '${values.provider}', and has to be one of ${all.join(', ')}.`)
Object.assign(process.env, bedEnvironment())
// In CI no process joins a run that it does not belong to.
for (const name of ['CI', 'NODE_COMPILE_CACHE', 'MOORAGE_PROVIDER']) Reflect.deleteProperty(process.env, name)
// They read the bed's variables when they load.
const { openBasin } = await import('../../e2e/chaos/soak/soak.ts')
const { faultOf } = await import('../../e2e/chaos/soak/plan.ts')

// Per run: a descriptor for fifty, thirty kilobytes, an object for twenty.
const MOST = { descriptors: 0.02, heap: 30_000, objects: 0.05 } as const
const SUCCESS = 0.995
// Below so many runs a slope says nothing.
const ENOUGH = 30
// Milliseconds until the last run's objects are gone.
const GONE = 30_000

let wrong = 0
const fail = (text: string): void => {
  wrong += 1
  process.stdout.write(`✗ ${text}\n`)
}

for (const provider of providers) {
  const reason = missing(provider)
  if (reason) {
    process.stdout.write(`${provider}: skipped, ${reason}\n`)
    continue
  }
  await soak(provider, Number(values.seed), Number(values.runs))
}
process.exitCode = wrong ? 1 : 0

function quietSeed(provider: ProviderName): number {
  let seed = 1
  while (faultOf(provider, seed) !== undefined) seed += 1
  return seed
}

async function soak(provider: ProviderName, first: number, runs: number): Promise<void> {
  await using basin = await openBasin(provider)
  const before = await basin.sample()
  const samples = []
  const counts = new Map<string, number>()
  let [quiet, succeeded, retries] = [0, 0, 0]
  for (let seed = first; seed < first + runs; seed++) {
    const { fault, outcome, right, ms, retries: again } = await basin.run(seed)
    const sample = await basin.sample()
    samples.push(sample)
    retries += again
    const kind = `${fault ?? 'no fault'}: ${outcome.split(':')[0]}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (fault === undefined) quiet += 1
    if (fault === undefined && right) succeeded += 1
    process.stdout.write(
      `${right ? '✓' : '✗'} ${provider} seed ${seed}  ${(fault ?? '').padEnd(18)} ${String(ms).padStart(6)} ms  fds ${sample.descriptors}  heap ${(sample.heap / 1e6).toFixed(1)} MB  objects ${sample.objects}  ${outcome}\n`,
    )
    // A quiet run may fail once in two hundred; a fault never in a wrong way.
    if (!right && fault !== undefined) fail(`replay: npm run soak -- --provider ${provider} --runs 1 --seed ${seed}`)
  }
  if (succeeded < SUCCESS * quiet) fail(`${provider}: ${succeeded} of ${quiet} runs without a fault succeeded`)
  // What the last bad day left is the next start's to remove.
  await basin.run(quietSeed(provider))
  for (
    const end = performance.now() + GONE;
    (await basin.sample()).objects > before.objects && performance.now() < end;
  )
    await sleep(200)
  const after = await basin.sample()
  if (after.objects !== before.objects) fail(`${provider}: ${after.objects - before.objects} objects are left`)
  for (const what of ['descriptors', 'heap', 'objects'] as const) {
    const slope = slopeOf(samples.map((sample) => sample[what]))
    process.stdout.write(
      `${provider}: ${what} ${slope >= 0 ? '+' : ''}${slope.toFixed(4)} per run (at most ${MOST[what]})\n`,
    )
    if (runs >= ENOUGH && slope > MOST[what]) fail(`${provider}: ${what} grow`)
  }
  process.stdout.write(
    `${provider}: ${succeeded} of ${quiet} without a fault succeeded, ${retries} retries told\n${[...counts]
      .toSorted()
      .map(([kind, n]) => `  ${String(n).padStart(4)} ${kind}`)
      .join('\n')}\n`,
  )
}
