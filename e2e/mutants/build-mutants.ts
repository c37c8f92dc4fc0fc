import type { Mutant, TestRef } from './mutants.ts'

const images = (name: string): TestRef => ({
  project: 'unit',
  file: 'test/core/provisioning/run-images.test.ts',
  name,
})

export const buildMutants: readonly Mutant[] = [
  {
    name: 'tag without context hash',
    guarantee: 'two contents of one run are two images',
    file: 'packages/core/src/provisioning/run-images.ts',
    find: '-${input.spec.digest?.slice(0, TAG_HASH_LENGTH)}',
    replace: '',
    test: images(
      'the tag carries the run and the content; equal builds of a run are one image, which goes with the run',
    ),
    says: /expected 'localhost\/moorage\/app:ci-7-1-abc' to be/,
    quick: true,
  },
  {
    name: 'build without a journal entry',
    guarantee: 'the next start removes the images of a killed supervisor',
    file: 'packages/core/src/provisioning/run-images.ts',
    find: 'if (installed) runContext.journal(',
    replace: 'if (!name) void (',
    test: images(
      'the tag carries the run and the content; equal builds of a run are one image, which goes with the run',
    ),
    says: /expected \[ …\(4\) \] to deeply equal \[ …\(6\) \]/,
    quick: true,
  },
  {
    name: 'hash without build context',
    guarantee: 'an edited file of a build context is a changed environment',
    file: 'packages/core/src/build/complete-build.ts',
    find: 'context: contextDigest(context, dockerfile),',
    replace: "context: '',",
    test: {
      project: 'unit',
      file: 'test/core/build/complete-build.test.ts',
      name: 'the digest covers what the builder gets, and nothing else',
    },
    says: /to be \d+/,
    quick: true,
  },
  {
    name: 'pull secret outlives the run',
    guarantee: 'credentials that a run gave to a cluster go with it',
    file: 'packages/provider-kubernetes/src/pod/create-pod.ts',
    find: 'secrets.push(secretManifest({ run, owner }, pullSecret, credentials))',
    replace:
      'await createObject(client, { path: `/api/v1/namespaces/${namespace}/secrets`, body: { ...secretManifest({ run, owner }, pullSecret, credentials), metadata: { name: pullSecret } }, signal, onRetry })',
    test: {
      project: 'contract',
      file: 'test/provider-kubernetes/pull-secret.test.ts',
      name: 'credentials of a private image > this machine gives them to the pod in a Secret, which goes with the run',
    },
    says: /to deeply equal \[\]/,
    quick: false,
  },
  {
    name: 'failed build leaves an image',
    guarantee: 'a failed build leaves no image',
    file: 'packages/build/src/builders/engine.ts',
    find: 'await removeDangling(store.host, { output, since })\n      if (status',
    replace: 'if (status',
    test: {
      project: 'contract',
      file: 'test/contract/builders.test.ts',
      name: 'the classic builder > shows the failing step with its output and line, and leaves no image',
    },
    says: /to deeply equal/,
    quick: false,
  },
]
