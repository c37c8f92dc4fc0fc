import { parseArgs } from 'node:util'
import { play } from '../../test/simulation/scenario.ts'

// Worlds of the simulation, from their seeds. `--seed N` replays one and prints everything that happens in it.
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    worlds: { type: 'string', default: '10000' },
  },
})

if (values.seed !== undefined) {
  const { trace, violations } = await play(Number(values.seed))
  process.stdout.write(`${trace.join('\n')}\n\n${violations.length ? violations.join('\n') : 'every invariant held'}\n`)
  process.exitCode = violations.length ? 1 : 0
} else {
  const first = Number(values.from)
  const failed: number[] = []
  for (let seed = first; seed < first + Number(values.worlds); seed++) {
    const { violations } = await play(seed)
    if (!violations.length) continue
    failed.push(seed)
    process.stdout.write(`seed ${seed}: ${violations[0]}\n  replay: npm run simulate -- --seed ${seed}\n`)
  }
  process.stdout.write(`${values.worlds} worlds from seed ${first}, ${failed.length} with a violation\n`)
  process.exitCode = failed.length ? 1 : 0
}
