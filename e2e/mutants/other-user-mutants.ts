import type { Mutant } from './mutants.ts'

/** What another user of this machine must not bring about. */
export const otherUserMutants: readonly Mutant[] = [
  {
    name: 'link of another user to the cache',
    guarantee: 'nothing is run from a cache folder that another user can replace',
    file: 'packages/core/src/protocol/paths.ts',
    find: 'if (link.isSymbolicLink() &&',
    replace: 'if (link.isFIFO() &&',
    test: {
      project: 'unit',
      file: 'test/core/protocol/paths.test.ts',
      name: 'a cache folder that is a link of another user is refused',
    },
    says: /no error was thrown/,
    quick: true,
  },
  {
    name: 'journals of others',
    guarantee: 'a journal that another user may have written is not read',
    file: 'packages/core/src/protocol/paths.ts',
    find: "return 'it contains files of another user'",
    replace: 'return undefined',
    test: {
      project: 'unit',
      file: 'test/core/protocol/paths.test.ts',
      name: 'a folder of journals with one of another user: the next choice',
    },
    says: /to be '\S+\/moorage-\d+'/,
    quick: true,
  },
  {
    name: 'home of another user',
    guarantee: 'root runs nothing in the home of another user',
    file: 'packages/core/src/protocol/paths.ts',
    find: 'return !stat || !process.getuid || stat.uid === process.getuid()',
    replace: 'return !stat || Boolean(stat)',
    test: {
      project: 'unit',
      file: 'test/core/protocol/paths.test.ts',
      name: 'the home of another user, as under sudo, is left alone',
    },
    says: /to be '\S+\/moorage-\d+'/,
    quick: true,
  },
  {
    name: 'config in a shared folder',
    guarantee: 'no file that another user has put into /tmp is run for a project below it',
    file: 'packages/core/src/config/find-config.ts',
    find: ' && !isSharedFolder(parent)',
    replace: ' && (isSharedFolder(parent) || true)',
    test: {
      project: 'unit',
      file: 'test/core/config/load-config.test.ts',
      name: 'nothing is searched in a folder above that all users share',
    },
    says: /no error was thrown/,
    quick: true,
  },
  {
    name: 'package manager in a shared folder',
    guarantee: 'no program that another user names in /tmp is run for a project below it',
    file: 'packages/services/src/programs/package-manager.ts',
    find: ' || isSharedFolder(parent))',
    replace: ' || (isSharedFolder(parent) && false))',
    test: {
      project: 'unit',
      file: 'test/services/programs/package-manager.test.ts',
      name: 'a folder above that all users share does not count',
    },
    says: /yarn/,
    quick: true,
  },
  {
    name: 'processes of others end with a service',
    guarantee: 'no process of another user holds up the end of a service',
    file: 'packages/core/src/provider-kit/owned-process/process-mark.ts',
    find: ' && maySignal(pid))',
    replace: ' && (maySignal(pid) || true))',
    test: {
      project: 'unit',
      file: 'test/core/provider-kit/process-mark.test.ts',
      name: 'a process of another user with the limit of a mark is left alone',
    },
    says: /to deeply equal \[ \d+ \]/,
    quick: true,
  },
]
