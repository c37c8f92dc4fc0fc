import type { Mutant, TestRef } from './mutants.ts'

const script = (name: string): TestRef => ({ project: 'unit', file: 'test/services/seed/psql-script.test.ts', name })
const seed = (name: string): TestRef => ({ project: 'unit', file: 'test/core/provisioning/seed.test.ts', name })
const processes = (name: string): TestRef => ({
  project: 'unit',
  file: 'test/core/provisioning/seed-processes.test.ts',
  name,
})
const database = (name: string): TestRef => ({ project: 'contract', file: 'test/contract/seeds.test.ts', name })

export const seedMutants: readonly Mutant[] = [
  {
    name: 'exit code 0 ends a seed',
    guarantee: 'a service is ready only after its whole seed has run',
    file: 'packages/core/src/provisioning/seed.ts',
    find: 'if (done && exit.exitCode === 0)',
    replace: 'if (exit.exitCode === 0)',
    test: seed('a seed that ends its process with 0 has failed'),
    says: /no error was thrown/,
    quick: true,
  },
  {
    name: 'libpq variables in a seed',
    guarantee: "the shell's variables of another database have no influence on a seed",
    file: 'packages/core/src/provisioning/seed.ts',
    find: 'env: withoutLibpqVariables(process.env),',
    replace: '',
    test: seed('a seed does not see the variables of libpq'),
    says: /Error: seen/,
    quick: true,
  },
  {
    name: 'seed outlives the run',
    guarantee: 'a seed and its children end with the run',
    file: 'packages/core/src/provisioning/seed.ts',
    find: 'teardown: () => end(),',
    replace: 'teardown: async () => {},',
    test: processes('a seed and its child go when the run is removed'),
    says: /to deeply equal \[\]/,
    quick: true,
  },
  {
    name: 'seed without its journal entry',
    guarantee: 'the reaper ends the seed of a dead supervisor',
    file: 'packages/core/src/provisioning/seed.ts',
    find: 'context.journalProcess(processEntry(owned))',
    replace: '',
    test: processes('the journal names the process of a seed, so that the reaper ends what its watcher has left'),
    says: /to deeply equal \[\]/,
    quick: true,
  },
  {
    name: "seed without the project's loader",
    guarantee: 'a seed runs by the loader that the project has',
    file: 'packages/core/src/provider-kit/import-project-module.ts',
    find: 'if (load) return await load<M>(file)',
    replace: '',
    test: {
      project: 'unit',
      file: 'test/core/provisioning/seed-loader.test.ts',
      name: 'a seed with an enum, a decorator and an alias runs by tsx, and an error names its line',
    },
    says: /could not be loaded/,
    quick: true,
  },
  {
    name: 'semicolon inside a statement',
    guarantee: 'a script means the same as to psql',
    file: 'packages/services/src/seed/psql-script.ts',
    find: "character === ';' && !blocks.open",
    replace: "character === ';'",
    test: script('a script is read as psql reads it: a rule with statements in parentheses'),
    says: /\[ …\(3\) \] to deeply equal \[ …\(2\) \]/,
    quick: true,
  },
  {
    name: 'isolated database without settings',
    guarantee: 'an isolated database is what the seed made',
    file: 'packages/services/src/isolation/postgres.ts',
    find: 'await copyProperties(sql, TEMPLATE, name)',
    replace: '',
    test: database('an isolated database keeps the settings and the privileges that the seed gave to its database'),
    says: /search_path/,
    quick: false,
  },
  {
    name: 'damaged template kept',
    guarantee: 'a damaged cache does not fail every later start',
    file: 'packages/services/src/programs/postgres-template.ts',
    find: 'await rm(template, { force: true })',
    replace: 'return true',
    test: {
      project: 'contract',
      file: 'test/contract/postgres-process.test.ts',
      name: 'a template that is damaged is made anew, and no copy is left half done',
    },
    says: /services\.db/,
    quick: false,
  },
]
