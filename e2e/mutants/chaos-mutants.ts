import type { Mutant } from './mutants.ts'

/** What `npm run chaos` has found, kept from coming back. */
export const chaosMutants: readonly Mutant[] = [
  {
    name: 'dispose holds no process',
    guarantee: 'who waits for its dispose hears of it, though the supervisor was killed',
    file: 'packages/core/src/provision.ts',
    find: '{ signal: enough.signal }',
    replace: '{ signal: enough.signal, ref: false }',
    test: { project: 'e2e', file: 'e2e/runners/supervisor.test.ts', name: 'a killed supervisor: whoever waits for its dispose hears when everything is gone, and has nothing else to live for' },
    says: /"?code"?: \+?13|to deeply equal \{ code: \+?0/,
    quick: false,
  },
]
