import type { Mutant, TestRef } from './mutants.ts'

const ryuk = (name: string): TestRef => ({ project: 'e2e', file: 'e2e/providers/ryuk.test.ts', name: `ryuk > ${name}` })

export const dockerMutants: readonly Mutant[] = [
  {
    name: 'run not registered with Ryuk',
    guarantee: 'a run whose machine is gone is removed by the engine beside it',
    file: 'packages/provider-docker/src/ryuk.ts',
    find: 'filter: filterOf(run),',
    replace: "filter: filterOf(run).replaceAll('moorage', 'nobody'),",
    test: ryuk('runner and supervisor killed together on an engine elsewhere: the run is gone within 20 s without a next start, and another run without it is not'),
    says: /left behind: docker container: \S+ \/moorage-/,
    quick: false,
  },
  {
    name: 'services before Ryuk',
    guarantee: 'no service is created before Ryuk has acknowledged what it is for',
    file: 'packages/provider-docker/src/provider.ts',
    find: 'network: ryuk.then(() => network)',
    replace: 'network',
    test: { project: 'e2e', file: 'e2e/cli/bad-input.test.ts', name: 'no image of Ryuk' },
    says: /to be 'moorage: docker\(\{ ryuk/,
    quick: false,
  },
  {
    name: 'Ryuk left to itself',
    guarantee: 'at a normal end Ryuk goes with the run, not ten seconds later',
    file: 'packages/provider-docker/src/provider.ts',
    find: 'await guarding?.close()',
    replace: '',
    test: ryuk('a normal end takes it along, at once'),
    says: /left behind: docker container: \S+ \/moorage-ryuk-/,
    quick: false,
  },
  {
    name: 'Ryuk lost at the first break',
    guarantee: 'a connection to Ryuk that breaks off costs no living run its services',
    file: 'packages/provider-docker/src/ryuk-connection.ts',
    find: '(over.signal.aborted ? undefined : again())',
    replace: '(over.signal.aborted || at ? undefined : again())',
    test: ryuk('a connection that breaks off is made again; a Ryuk that has died is told of, and holds up nothing'),
    says: /to match/,
    quick: false,
  },
  {
    name: 'Ryuk for everybody',
    guarantee: 'nobody else takes the Ryuk of a run for their own, and loses it with the run',
    file: 'packages/provider-docker/src/ryuk.ts',
    find: "'org.testcontainers.ryuk': 'false'",
    replace: "'org.testcontainers.ryuk': 'true'",
    test: ryuk('testcontainers of somebody else takes none of ours for its own; what turns that off turns ours off as well'),
    says: /to be ''/,
    quick: false,
  },
]
