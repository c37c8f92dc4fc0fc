import { expect, test } from 'vitest'
import {
  browser,
  container,
  defineConfig,
  docker,
  kubernetes,
  mongodb,
  npmServer,
  plainProcess,
  postgres,
  redis,
  staticServer,
} from '../../../packages/moorage/src/index.ts'
import { closestWord } from '../../../packages/core/src/config/closest-word.ts'
import { thrownMessage } from '../../thrown-error.ts'

const CONFIG_OPTIONS = 'services, provider, docker, kubernetes, nerdctl, root, keep, keepFor, imageMirror'

// What a JavaScript config can contain, and TypeScript rejects.
const untyped = (call: (options: never) => unknown, options: unknown): Promise<string> =>
  thrownMessage(() => call(options as never))

test.each([
  [
    'defineConfig({ keeep })',
    defineConfig,
    { services: { db: redis() }, keeep: 1 },
    `Did you mean keep? The options are ${CONFIG_OPTIONS}.`,
  ],
  ['defineConfig({ proces })', defineConfig, { proces: {} }, `The options are ${CONFIG_OPTIONS}.`],
  [
    'postgres({ sed })',
    postgres,
    { sed: './seed.sql' },
    'Did you mean seed? The options are database, username, seed, settings, locale, version, image, isolate, needs, as, deadlines.',
  ],
  [
    'mongodb({ databse })',
    mongodb,
    { databse: 'a' },
    'Did you mean database? The options are database, auth, replicaSet, seed, version, image, isolate, needs, as, deadlines.',
  ],
  [
    'redis({ Version })',
    redis,
    { Version: '7' },
    'Did you mean version? The options are seed, settings, version, image, isolate, needs, as, deadlines.',
  ],
  [
    'container({ workdir })',
    container,
    { image: 'x', ports: {}, workdir: '/' },
    'The options are image, ports, env, command, entrypoint, files, protocol, ready, seed, user, groups, workingDir, hostName, aliases, networks, labels, extraHosts, dns, tmpfs, volumes, shmSizeBytes, resources, capabilities, privileged, devices, sysctls, ulimits, securityOptions, init, readOnlyRoot, pidMode, ipcMode, tty, stdin, stopSignal, stopGrace, restart, platform, pull, udpPorts, hostPorts, logOptions, healthCheck, hostAccess, needs, as, deadlines.',
  ],
  [
    'npmServer({ scirpt })',
    npmServer,
    { scirpt: 'dev' },
    'Did you mean script? The options are script, cwd, port, env, files, path, status, placement, version, image, needs, as, deadlines.',
  ],
  [
    'staticServer({ toString })',
    staticServer,
    { root: '.', toString: 'x' },
    'The options are root, spa, base, cors, compress, placement, version, image, needs, as, deadlines.',
  ],
  ['browser({ images })', browser, { images: 'x' }, 'Did you mean image? The options are image, needs, as, deadlines.'],
  ['docker({ hots })', docker, { hots: 'x' }, 'Did you mean host? The options are host, ryuk.'],
  [
    'kubernetes({ resource })',
    kubernetes,
    { resource: {} },
    'Did you mean resources? The options are context, kubeconfig, namespace, mode, grace, deleter, reach, resources, imagePullSecrets, registry, pullCredentials, nodeSelector, tolerations, serviceAccount.',
  ],
  ['plainProcess({ env })', plainProcess, { env: {} }, 'There are no options: remove it.'],
])('%s is refused by name', async (at, call, options, hint) => {
  expect(await untyped(call, options)).toBe(`CONFIG_INVALID\n${at}: there is no such option.\n${hint}`)
})

test('options that are no object', async () => {
  expect(await untyped(postgres, '17')).toBe(
    'CONFIG_INVALID\npostgres(): "17" is not an object of options.\nWrite postgres({ database: … }).',
  )
  expect(await untyped(defineConfig, [redis()])).toBe(
    'CONFIG_INVALID\ndefineConfig(): an array is not an object of options.\nWrite defineConfig({ services: … }).',
  )
})

test('an unknown option that is undefined counts as absent', () => {
  expect(() => (postgres as (options: object) => unknown)({ sed: undefined })).not.toThrow()
})

test.each([
  ['sed', 'seed'],
  ['pytest', undefined],
  ['staus', 'status'],
  ['lgos', 'logs'],
  ['ZZZ', undefined],
])('the closest word to %s is %s', (word, closest) => {
  expect(closestWord(word, ['seed', 'status', 'logs', 'exec'])).toBe(closest)
})
