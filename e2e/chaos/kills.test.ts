import { describe, expect, test } from 'vitest'
import { missing, type ProviderName } from '../harness/engine.ts'
import { killAt, killOf } from './kills.ts'
import { chosen } from './options.ts'

const { providers, first, count } = chosen()
const seeds = Array.from({ length: count }, (_, i) => first + i)

describe.each<ProviderName>(providers)('SIGKILL on %s', (provider) => {
  test.for(seeds)('seed %i', async (seed, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    const kill = killOf(seed)
    const what = await killAt(provider, kill).catch((cause: unknown) => {
      throw new RangeError(
        `seed ${seed}, ${kill.victim}: ${String(cause)}\n  replay: npm run chaos -- --provider ${provider} --seed ${seed} --count 1`,
        { cause },
      )
    })
    process.stdout.write(`${provider} seed ${seed}: ${what}\n`)
    expect(what).toContain('nothing left')
  })
})
