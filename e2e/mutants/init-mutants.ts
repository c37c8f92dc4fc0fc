import type { Mutant } from './mutants.ts'

export const initMutants: readonly Mutant[] = [
  {
    name: 'init without roll-back',
    guarantee: 'init writes all files or none',
    file: 'packages/cli/src/init/write/write-changes.ts',
    find: 'for (const step of undo.toReversed()) step()',
    replace: '',
    test: {
      project: 'unit',
      file: 'test/cli/init/write-changes.test.ts',
      name: 'all or nothing: a file that cannot be written leaves the others as they were',
    },
    says: /deeply equal/,
    quick: true,
  },
  {
    name: 'init over edited files',
    guarantee: 'init keeps a pipeline that the user has edited',
    file: 'packages/cli/src/init/propose/propose-all.ts',
    find: 'if (before !== undefined && !force)',
    replace: 'if (before !== undefined && before === text)',
    test: {
      project: 'unit',
      file: 'test/cli/init/propose-all.test.ts',
      name: 'an edited pipeline and an edited config are kept',
    },
    says: /deeply equal/,
    quick: true,
  },
]
