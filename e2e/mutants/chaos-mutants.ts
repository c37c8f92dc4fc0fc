import type { Mutant, TestRef } from './mutants.ts'

const ownership = (engine: string): TestRef => ({ project: 'unit', file: 'test/ownership/ownership.test.ts', name: `on ${engine}, whatever dies and whoever sweeps: nothing foreign is deleted, nothing of ours that has expired survives two sweeps` })

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
  {
    name: 'sweep takes the living',
    guarantee: 'a sweep leaves alone whoever may still live, on this machine or on another',
    file: 'packages/provider-docker/src/reap.ts',
    find: 'return owner !== undefined && !scope.alive(owner)',
    replace: 'return owner !== undefined || scope === undefined',
    test: ownership('docker'),
    says: /was deleted|was reaped|lives, and/,
    quick: true,
  },
  {
    name: 'sweep goes by name',
    guarantee: 'another object of the name that a journal has is not touched',
    file: 'packages/provider-kubernetes/src/reap.ts',
    find: 'if (metadata.labels?.[RUN] !== run || !same(ownerIn(metadata.annotations), owner)) return []',
    replace: 'if (metadata.labels === undefined && same(owner, owner) && !RUN && !ownerIn(undefined)) return []',
    test: ownership('kubernetes, a shared namespace'),
    says: /foreign .* was deleted/,
    quick: true,
  },
  {
    name: 'deletion without a UID',
    guarantee: 'an object that took the place of one of ours, while that was being removed, is not touched',
    file: 'packages/provider-kubernetes/src/deadman.ts',
    find: 'preconditions: { uid } },',
    replace: '...(uid ? {} : { preconditions: {} }) },',
    test: ownership('kubernetes, a shared namespace'),
    says: /foreign .* was deleted/,
    quick: true,
  },
  {
    name: 'journal forgotten too early',
    guarantee: 'what could not be removed is removed by a later sweep',
    file: 'packages/core/src/supervisor/sweep.ts',
    find: 'if (!run.entries.some(({ provider }) => failed.has(provider.module))) forget(run, machine)',
    replace: 'forget(run, machine)',
    test: ownership('process'),
    says: /survived two sweeps/,
    quick: true,
  },
]
