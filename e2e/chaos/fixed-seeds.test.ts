import { expect, test } from 'vitest'
import { missing, offers, type ProviderName } from '../harness/engine.ts'
import { killAt, killOf } from './kills.ts'

// Of `npm run chaos`, in every `npm test`: each victim on plain processes, and the hard ones on engines.
const FIXED: readonly (readonly [ProviderName, number])[] = [
  ['process', 3],
  ['process', 4],
  ['process', 5],
  ['docker', 4],
  ['kubernetes', 5],
]

test.for(FIXED.filter(([provider]) => offers(provider)))(
  'SIGKILL on %s, seed %i',
  async ([provider, seed], { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    expect(await killAt(provider, killOf(seed))).toContain('nothing left')
  },
)
