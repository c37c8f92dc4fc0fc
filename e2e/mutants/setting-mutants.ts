import type { Mutant, TestRef } from './mutants.ts'

const onDocker = (name: string): TestRef => ({
  project: 'contract',
  file: 'test/provider-docker/settings.test.ts',
  name: `settings of containers on docker > ${name}`,
})

export const settingMutants: readonly Mutant[] = [
  {
    name: 'health check ignored',
    guarantee: 'a service whose health check fails is not ready',
    file: 'packages/core/src/readiness/health.ts',
    find: 'if (!failure) return undefined',
    replace: 'if (!failure || signal) return undefined',
    test: {
      project: 'unit',
      file: 'test/core/readiness/health.test.ts',
      name: 'an unhealthy container: when Docker would know it, with the rules and the last output',
    },
    says: /no error was thrown/,
    quick: true,
  },
  {
    name: 'health check of the image ignored',
    guarantee: 'the HEALTHCHECK of an image is honoured',
    file: 'packages/core/src/readiness/health.ts',
    find: 'return healthCheck ?? (await unit.imageHealthCheck?.(signal))',
    replace: 'return healthCheck ?? (signal.aborted ? await unit.imageHealthCheck?.(signal) : undefined)',
    test: {
      project: 'unit',
      file: 'test/core/readiness/health.test.ts',
      name: 'the check of the config replaces that of the image; a text is for the shell',
    },
    says: /neither the config nor the image has one/,
    quick: true,
  },
  {
    name: 'setting dropped silently',
    guarantee: 'a setting that a provider does not honour is refused by its name',
    file: 'packages/core/src/provider-kit/setting-support.ts',
    find: "if (treatment === 'honoured') return []",
    replace: 'if (treatment !== undefined) return []',
    test: {
      project: 'unit',
      file: 'test/settings.test.ts',
      name: 'the check can fail: a refused setting, a refused value',
    },
    says: /to deeply equal/,
    quick: true,
  },
  {
    name: 'setting not passed to the engine',
    guarantee: 'a setting that a provider honours reaches its engine',
    file: 'packages/provider-docker/src/container/host-config.ts',
    find: '    CapAdd: capabilities.add,\n',
    replace: '',
    test: onDocker('the engine refuses capabilities: the message names the key and quotes the engine'),
    says: /no error was thrown/,
    quick: false,
  },
  {
    name: 'volume not removed',
    guarantee: 'the named volumes of a run go with it',
    file: 'packages/provider-docker/src/provider.ts',
    find: '        await volumes.remove()\n',
    replace: '',
    test: onDocker('the volumes and networks of a run go with it'),
    says: /to deeply equal/,
    quick: false,
  },
  {
    name: 'volume of a dead owner kept',
    guarantee: 'the named volumes of a dead owner are removed',
    file: 'packages/provider-docker/src/reap.ts',
    find: 'else await deleteVolume(call, id)',
    replace: "else if (id === '') await deleteVolume(call, id)",
    test: {
      project: 'unit',
      file: 'test/ownership/ownership.test.ts',
      name: 'on docker, whatever dies and whoever sweeps: nothing foreign is deleted, nothing of ours that has expired survives two sweeps',
    },
    says: /left|survive|journals too many/,
    quick: true,
  },
]
