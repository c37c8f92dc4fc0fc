import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dockerEngine } from './docker.ts'
import { LIES, type Engine } from './engine.ts'
import { inMemoryEngine } from './in-memory.ts'
import { kubernetesEngine } from './kubernetes.ts'
import { processEngine } from './process.ts'
import { OwnershipWorld, type Step } from './world.ts'

const n = fc.nat({ max: 20 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), n }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'kill' as const, 'kill' as const, 'lose' as const), n }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('foreign' as const),
      n,
      lie: fc.constantFrom('the name' as const, ...LIES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('refuse' as const, 'replace' as const), n }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('sweep' as const, 'gc' as const, 'two at once' as const, 'an hour' as const),
    }),
  },
)

const engines: { readonly [name: string]: () => Engine } = {
  'in memory': inMemoryEngine,
  docker: dockerEngine,
  'kubernetes, a namespace per run': () => kubernetesEngine('create'),
  'kubernetes, a shared namespace': () => kubernetesEngine('shared'),
  process: processEngine,
}

// MOORAGE_SEED replays: fast-check prints the seed and the shortest sequence that fails.
const seed = process.env['MOORAGE_SEED'] === undefined ? {} : { seed: Number(process.env['MOORAGE_SEED']) }

test.for(Object.entries(engines))(
  'on %s, whatever dies and whichever process sweeps: no foreign object is deleted, and no expired one of ours survives two sweeps',
  { timeout: 60_000 },
  async ([, engine]) => {
    const checked = await fc.check(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        using world = new OwnershipWorld(engine())
        for (const each of steps) {
          await world.take(each)
          none(world.wrongs())
        }
        none(await world.leftovers())
        none(world.wrongs())
      }),
      { numRuns: 2_000, ...seed },
    )
    if (checked.failed) expect.fail(`${String(checked.errorInstance)}\n${fc.defaultReportMessage(checked)}`)
  },
)

/** In whole sentences: an assertion would cut them off. */
function none(wrongs: readonly string[]): void {
  if (wrongs.length) expect.fail(wrongs.join('\n'))
}
