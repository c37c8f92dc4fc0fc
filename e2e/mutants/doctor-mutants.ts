import type { Mutant } from './mutants.ts'

export const doctorMutants: readonly Mutant[] = [
  {
    name: 'doctor creates objects',
    guarantee: 'what doctor sends to a cluster is a dry run',
    file: 'packages/provider-kubernetes/src/doctor/dry-run-client.ts',
    find: 'path: `${path}?dryRun=All`',
    replace: 'path',
    test: {
      project: 'contract',
      file: 'test/provider-kubernetes/doctor/dry-run-objects.test.ts',
      name: 'every object is sent as a dry run, and nothing else is asked: 0',
    },
    says: /to deeply equal \[ …\(4\) \]/,
    quick: true,
  },
  {
    name: 'check without a time limit',
    guarantee: 'a check of doctor that hangs does not keep the others from being printed',
    file: 'packages/cli/src/doctor/run-checks.ts',
    find: 'return await Promise.race([Promise.resolve(run(timeout)), late.promise])',
    replace: 'return await run(timeout)',
    test: {
      project: 'unit',
      file: 'test/cli/doctor/run-checks.test.ts',
      name: 'a check that hangs ends when its time is up, and so does one that heeds its signal',
    },
    says: /timed out in/,
    quick: true,
  },
  {
    name: 'registry password in doctor',
    guarantee: 'doctor never prints a credential',
    file: 'packages/cli/src/doctor/check-registry-credentials.ts',
    find: '`${name}: this machine has credentials`',
    replace: '`${name}: this machine has credentials: ${credentials.password}`',
    test: {
      project: 'unit',
      file: 'test/cli/doctor/machine-checks.test.ts',
      name: 'registry credentials > there are some, and they are not printed',
    },
    says: /not to contain 'hidden'/,
    quick: true,
  },
  {
    name: 'verb left out of the Role',
    guarantee: 'the Roles in docs grant exactly the permissions in the table that the preflight checks',
    file: 'packages/provider-kubernetes/src/rbac/permission-table.ts',
    find: "resources: ['pods'], verbs: ['create', 'list', 'watch', 'delete']",
    replace: "resources: ['pods'], verbs: ['create', 'list', 'delete']",
    test: {
      project: 'contract',
      file: 'test/provider-kubernetes/rbac/access-manifest.test.ts',
      name: 'the files in docs/ > mode shared: write it with npx moorage rbac --mode MODE',
    },
    says: /expected '# The permissions that moorage needs/,
    quick: true,
  },
  {
    name: 'namespace that cannot be deleted',
    guarantee: 'a run creates a namespace only where its user may also delete it',
    file: 'packages/provider-kubernetes/src/cluster/decide-namespace.ts',
    find: "if (givenMode === 'create' || !perRun.missing.length) return perRun",
    replace: 'if (perRun) return { ...perRun, missing: [] }',
    test: {
      project: 'contract',
      file: 'test/provider-kubernetes/rbac/permissions.test.ts',
      name: 'the permissions of a user > who may create namespaces, but not delete them, shares one, and learns why',
    },
    says: /to deeply equal \{ …\(4\) \}/,
    quick: false,
  },
]
