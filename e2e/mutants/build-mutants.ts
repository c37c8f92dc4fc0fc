import type { Mutant, TestRef } from './mutants.ts'

const images = (name: string): TestRef => ({
  project: 'unit',
  file: 'test/core/provisioning/run-images.test.ts',
  name,
})

export const buildMutants: readonly Mutant[] = [
  {
    name: 'build that waits for other services',
    guarantee: 'images are built while the services that a service needs start',
    file: 'packages/core/src/provisioning/start-services.ts',
    find: 'await Promise.all([gates.wait(needs), buildImage(context, name)])',
    replace: '[await gates.wait(needs), await buildImage(context, name)]',
    test: {
      project: 'e2e',
      file: 'e2e/providers/compose-app.test.ts',
      name: 'example compose-app on docker: its compose file and its Dockerfiles unchanged',
    },
    says: /web building/,
    quick: false,
  },
  {
    name: 'builder that outlives its supervisor',
    guarantee: 'a build ends with its supervisor, also after SIGKILL',
    file: 'packages/build/src/run-program.ts',
    find: "if (!owned || process.platform === 'win32')",
    replace: "if (owned || process.platform === 'win32')",
    test: {
      project: 'e2e',
      file: 'e2e/providers/builds.test.ts',
      name: 'a build that SIGKILL interrupts ends, and leaves no image and no container',
    },
    says: /expected true to be false/,
    quick: false,
  },
  {
    name: 'HEALTHCHECK ignored by nerdctl',
    guarantee: 'the HEALTHCHECK of an image is honoured',
    file: 'packages/provider-nerdctl/src/engine/image-health-check.ts',
    find: 'return imageHealthCheck((JSON.parse(stdout) as { readonly config?: ImageConfig }).config)',
    replace: 'return imageHealthCheck(stdout ? undefined : ({} as ImageConfig))',
    test: {
      project: 'contract',
      file: 'test/provider-nerdctl/image-health-check.test.ts',
      name: 'the HEALTHCHECK of an image is read, although nerdctl does not show it',
    },
    says: /test -e/,
    quick: false,
  },
  {
    name: 'build without a deadline',
    guarantee: 'a build has a deadline, for each service that waits for it',
    file: 'packages/core/src/provisioning/build-image.ts',
    find: "enterPhase(context, name, { phase: 'build' })",
    replace: 'void enterPhase',
    test: {
      project: 'unit',
      file: 'test/core/provisioning/build-image.test.ts',
      name: 'a build enters its phase, also where another service builds the same image',
    },
    says: /phase build/,
    quick: true,
  },
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
