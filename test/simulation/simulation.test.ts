import { describe, expect, test } from 'vitest'
import { play } from './scenario.ts'

// Ten blocks of a thousand worlds, from seed 1 on; MOORAGE_SEED begins elsewhere.
const FIRST = Number(process.env['MOORAGE_SEED'] ?? 1)
const WORLDS = 1_000
const blocks = Array.from({ length: 10 }, (_, i) => FIRST + i * WORLDS)

describe(
  'no world leaves anything, touches a foreign object, or leaves a client without an answer',
  { timeout: 120_000 },
  () => {
    test.each(blocks)('a thousand worlds from seed %i', async (first) => {
      const failed: string[] = []
      const seen = new Map<string, number>()
      for (let seed = first; seed < first + WORLDS && failed.length < 5; seed++) {
        const outcome = await play(seed)
        for (const what of outcome.seen) seen.set(what, (seen.get(what) ?? 0) + 1)
        if (outcome.violations.length)
          failed.push(
            `seed ${seed}: ${outcome.violations.slice(0, 3).join('; ')}\n  replay: npm run simulate -- --seed ${seed}`,
          )
      }
      expect(failed.join('\n')).toBe('')
      // Worlds in which nothing happens would prove nothing.
      for (const what of [
        'left',
        'killed',
        'aborted',
        'DEADLINE',
        'START_FAILED',
        'SERVICE_EXITED',
        'SUPERVISOR_FAILED',
        'recovery',
        'attached',
        'slow engine',
        'refused deletion',
      ])
        expect(seen.get(what), what).toBeGreaterThan(10)
    })
  },
)

test('the same seed is the same world, to the last event', async () => {
  for (const seed of [7, 31, 184]) expect(await play(seed)).toEqual(await play(seed))
})
