import type { Mutant, TestRef } from './mutants.ts'

const cluster = (name: string): TestRef => ({ project: 'e2e', file: 'e2e/providers/kubernetes.test.ts', name })
const forward = (name: string): TestRef => ({ project: 'contract', file: 'test/provider-kubernetes/forward.test.ts', name: `forward > ${name}` })

export const kubernetesMutants: readonly Mutant[] = [
  {
    name: 'deadman renewal off',
    guarantee: 'a run lives for as long as its supervisor does',
    file: 'packages/provider-kubernetes/src/deadman.ts',
    find: "{ method: 'PATCH', path, body: { spec: { activeDeadlineSeconds } }, signal: over }",
    replace: "{ method: 'GET', path, body: activeDeadlineSeconds > 0 ? undefined : {}, signal: over } as unknown as Request",
    test: cluster('heartbeats keep a run alive for longer than its grace'),
    says: /to deeply equal \{ code: \+?0/,
    quick: false,
  },
  {
    name: 'ownerReference missing',
    guarantee: 'the cluster itself removes every object of a run that nobody renews',
    file: 'packages/provider-kubernetes/src/manifest.ts',
    find: '[SERVICE]: hostLabel(spec.name) }, ownerReferences: [owner] }',
    replace: '[SERVICE]: hostLabel(spec.name) }, ownerReferences: [owner].slice(1) }',
    test: cluster('supervisor and client killed together: the cluster itself removes the run, within the grace and 15 s'),
    says: /expected 'pod\/dev-/,
    quick: false,
  },
  {
    name: 'forward without backpressure',
    guarantee: 'a slow reader costs no memory',
    file: 'packages/provider-kubernetes/src/forward/pipe.ts',
    find: 'if (!local.write(data.subarray(1))) tunnel.pause()',
    replace: 'local.write(data.subarray(1))',
    test: forward('a reader that pauses holds the sender up: memory stays where it was'),
    says: /to be less than 32/,
    quick: false,
  },
  {
    name: 'forward closes at the local end',
    guarantee: 'an answer that comes after the local end is not cut off',
    file: 'packages/provider-kubernetes/src/forward/pipe.ts',
    find: '    // Not passed on: a close here would cut off an answer that is still under way.\n    wait()',
    replace: '    tunnel.close()',
    test: forward('an answer that comes a second after the local end is read to its end'),
    says: /answer to question/,
    quick: false,
  },
  {
    name: 'running taken for ready',
    guarantee: 'a URL is given when its server answers, not when its container runs',
    file: 'packages/core/src/run/service-start.ts',
    find: '  await waitReady({ service: name, unit, probes, ports, signal, clock: context.clock, seen: (reason) => (clock.lastReason = reason) })\n',
    replace: '',
    test: cluster('ready is when its server answers, not when its container runs'),
    says: /to deeply equal \{ code: \+?0/,
    quick: false,
  },
]
