import type { Mutant, TestRef } from './mutants.ts'

const unit = (file: string, name: string): TestRef => ({ project: 'unit', file: `test/compose/${file}.test.ts`, name })

export const composeMutants: readonly Mutant[] = [
  {
    name: 'attached container stopped',
    guarantee: 'a compose project that the user has started is never stopped',
    file: 'packages/provider-docker/src/compose-project/compose-unit.ts',
    find: 'stop: () => Promise.resolve(released.abort()),',
    replace:
      "stop: async () => void (await client.engine.call({ method: 'POST', path: `/containers/${containerId}/stop` })),",
    test: {
      project: 'contract',
      file: 'test/contract/compose-attach.test.ts',
      name: 'a compose project that is up on Docker > is used, read, and left exactly as it was',
    },
    says: /to deeply equal/,
    quick: false,
  },
  {
    name: 'attached without a look at its variables',
    guarantee: 'tests never get a compose project that was started with other variables',
    file: 'packages/provider-docker/src/compose-project/member-problem.ts',
    find: '!set.has(`${name}=${value}`)',
    replace: '!name && !value && set.size < 0',
    test: {
      project: 'contract',
      file: 'test/provider-docker/member-problem.test.ts',
      name: 'a container that was started with other variables',
    },
    says: /expected undefined to be 'was started/,
    quick: true,
  },
  {
    name: 'health condition ignored',
    guarantee: 'service_healthy waits until the other service is ready',
    file: 'packages/compose/src/mapping/to-services.ts',
    find: "service_healthy: 'ready',",
    replace: "service_healthy: 'started',",
    test: unit('to-services', 'conditions, links, names, scale and networks'),
    says: /to match object/,
    quick: true,
  },
  {
    name: 'reference of Kubernetes not escaped',
    guarantee: 'a text such as $(NAME) reaches the service as it is written, on a cluster as well',
    file: 'packages/provider-kubernetes/src/pod/main-container.ts',
    find: "return text.replaceAll('$', '$$$$')",
    replace: 'return text',
    test: {
      project: 'contract',
      file: 'test/provider-kubernetes/pod/manifest.test.ts',
      name: 'a reference such as $(NAME) in a command or a variable stays as it is written',
    },
    says: /to match object/,
    quick: true,
  },
  {
    name: 'unset required variable ignored',
    guarantee: '${NAME:?message} without a value starts nothing',
    file: 'packages/compose/src/load/interpolate-tree.ts',
    find: "if (problem?.kind === 'required')",
    replace:
      "if (problem?.kind === 'required') return node\n  if (problem?.kind === 'invalid' && node.value === undefined)",
    test: unit('read-project', 'refuses a variable that must be set'),
    says: /expected 'nothing was thrown' to be/,
    quick: true,
  },
  {
    name: 'override file ignored',
    guarantee: 'the override beside a compose file is merged into it',
    file: 'packages/compose/src/load/find-files.ts',
    find: '...(override === undefined ? [] : [override])',
    replace: '',
    test: unit('read-project', 'merges the override by the rules of the specification'),
    says: /to match object/,
    quick: true,
  },
]
