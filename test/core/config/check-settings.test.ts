import { expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import {
  container,
  defineConfig,
  type ContainerConnection,
  type ContainerOptions,
  type Service,
} from '../../../packages/moorage/src/index.ts'
import { SETTINGS } from '../../contract/setting-values.ts'
import { thrownMessage } from '../../thrown-error.ts'

const api = (settings: object): Service<ContainerConnection<'main'>> =>
  container({ image: 'x', ports: { main: 80 }, ...(settings as Partial<ContainerOptions<'main', never>>) })
const plan = (settings: object): ReturnType<typeof createPlan> =>
  createPlan(defineConfig({ services: { api: api(settings) } }), {})

test('each setting reaches the plan as it was given', () => {
  const { shmSizeBytes, ...others } = SETTINGS
  expect(plan(SETTINGS).services['api']?.spec.container).toMatchObject({ shmSizeBytes, ...others })
})

test('container() waits for the health check, if there is one, unless the config gives probes', () => {
  expect(plan({}).services['api']?.spec.container?.ready).toEqual([{ kind: 'tcp' }, { kind: 'health', optional: true }])
  expect(plan({ ready: [{ kind: 'tcp' }] }).services['api']?.spec.container?.ready).toEqual([{ kind: 'tcp' }])
})

test.each([
  [{ user: 'a b' }, `.user is "a b", which is not a user.\nWrite 'uid', 'uid:gid', or names of the image.`],
  [{ groups: 'audio' }, '.groups is "audio", but must be a list.\nWrite its items in brackets: [ … ].'],
  [{ groups: [7] }, `.groups[0] is 7, which is not a group.\nWrite a name of the image or a number, such as '1000'.`],
  [
    { workingDir: 'app' },
    `.workingDir is "app", which is not an absolute path in the container.\nWrite a path such as '/data'.`,
  ],
  [
    { workingDir: '/app/../etc' },
    `.workingDir is "/app/../etc", which is not an absolute path in the container.\nWrite a path such as '/data'.`,
  ],
  [
    { hostName: 'a b' },
    `.hostName is "a b", which is not a host name.\nWrite letters, digits and dashes, such as 'api'.`,
  ],
  [
    { aliases: ['-a'] },
    `.aliases[0] is "-a", which is not a host name.\nWrite letters, digits and dashes, such as 'api'.`,
  ],
  [{ networks: ['back'] }, '.networks is ["back"], but must be an object.\nWrite its fields in braces: { … }.'],
  [
    { networks: { 'a b': {} } },
    `.networks: the name is "a b", which is not a name.\nWrite letters, digits, dots and dashes, at most 40, such as 'data'.`,
  ],
  [{ networks: { back: { alias: [] } } }, '.networks.back.alias: there is no such field.\nThe fields are aliases.'],
  [{ labels: { team: 7 } }, '.labels.team is 7, but must be a string.\nWrite a string in quotes.'],
  [
    { labels: { 'moorage.run': 'x' } },
    '.labels: the name "moorage.run" belongs to moorage.\nGive the label another name.',
  ],
  [
    { extraHosts: { api: 'localhost' } },
    `.extraHosts.api is "localhost", which is not an IP address.\nWrite an address, such as '192.0.2.1'.`,
  ],
  [
    { dns: { servers: ['dns'] } },
    `.dns.servers[0] is "dns", which is not an IP address.\nWrite an address, such as '192.0.2.1'.`,
  ],
  [
    { tmpfs: ['data'] },
    `.tmpfs[0] is "data", which is not an absolute path in the container.\nWrite a path such as '/data'.`,
  ],
  [{ tmpfs: [{ sizeBytes: 1 }] }, '.tmpfs[0].path is missing.\nIts fields are path, sizeBytes, mode.'],
  [
    { tmpfs: [{ path: '/a', sizeBytes: 0 }] },
    '.tmpfs[0].sizeBytes is 0, but must be a whole number from 1.\nWrite a number, such as 1.',
  ],
  [
    { tmpfs: [{ path: '/a', mode: 0o10000 }] },
    '.tmpfs[0].mode is 4096, which is not a set of permission bits.\nWrite an octal number: 0o700.',
  ],
  [
    { volumes: { '/a': 'data' } },
    '.volumes["/a"] is "data", but must be an object.\nWrite its fields in braces: { … }.',
  ],
  [
    { volumes: { data: { volume: 'data' } } },
    `.volumes: the name is "data", which is not an absolute path in the container.\nWrite a path such as '/data'.`,
  ],
  [
    { volumes: { '/a': { volume: '../x' } } },
    `.volumes["/a"].volume is "../x", which is not a name.\nWrite letters, digits, dots and dashes, at most 40, such as 'data'.`,
  ],
  [
    { tmpfs: ['/a'], volumes: { '/a': { volume: 'data' } } },
    '.tmpfs and services.api.volumes name /a more than once.\nRemove one of them.',
  ],
  [
    { tmpfs: ['/dev/shm'], shmSizeBytes: 1024 },
    '.tmpfs and services.api.shmSizeBytes both set /dev/shm.\nRemove one of them.',
  ],
  [{ shmSizeBytes: '64m' }, '.shmSizeBytes is "64m", but must be a whole number from 1.\nWrite a number, such as 1.'],
  [{ resources: { cpus: 0 } }, '.resources.cpus is 0, but must be a number above 0.\nWrite a number, such as 0.5.'],
  [
    { resources: { memory: 1 } },
    '.resources.memory: there is no such field.\nThe fields are cpus, memoryBytes, pids, reservedCpus, reservedMemoryBytes.',
  ],
  [
    { capabilities: { add: ['CAP_NET_ADMIN'] } },
    `.capabilities.add[0] is "CAP_NET_ADMIN", which is not a capability.\nWrite it without CAP_, such as 'NET_ADMIN'.`,
  ],
  [{ privileged: 'yes' }, '.privileged is "yes", but must be true or false.\nWrite true, or omit it.'],
  [{ devices: ['kvm'] }, `.devices[0] is "kvm", which is not a device.\nWrite '/dev/host:/dev/container:rwm'.`],
  [{ sysctls: { 'net.a': 1 } }, '.sysctls["net.a"] is 1, but must be a string.\nWrite a string in quotes.'],
  [{ ulimits: { nofile: { soft: 1 } } }, '.ulimits.nofile.hard is missing.\nIts fields are soft, hard.'],
  [
    { ulimits: { nofile: { soft: 9, hard: 1 } } },
    '.ulimits.nofile: the soft limit 9 is above the hard limit 1.\nLower it; -1 is no limit.',
  ],
  [{ securityOptions: [true] }, '.securityOptions[0] is true, but must be a string.\nWrite a string in quotes.'],
  [{ init: 1 }, '.init is 1, but must be true or false.\nWrite true, or omit it.'],
  [{ readOnlyRoot: 1 }, '.readOnlyRoot is 1, but must be true or false.\nWrite true, or omit it.'],
  [{ pidMode: 'container:x' }, `.pidMode is "container:x", which is not a known value.\nWrite one of 'host'.`],
  [
    { ipcMode: 'x' },
    `.ipcMode is "x", which is not a known value.\nWrite one of 'host', 'private', 'shareable', 'none'.`,
  ],
  [{ tty: 1 }, '.tty is 1, but must be true or false.\nWrite true, or omit it.'],
  [{ stdin: 1 }, '.stdin is 1, but must be true or false.\nWrite true, or omit it.'],
  [{ stopSignal: 'QUIT' }, `.stopSignal is "QUIT", which is not a signal.\nWrite its name, such as 'SIGQUIT'.`],
  [{ stopGrace: -1 }, '.stopGrace is -1, but must be a whole number from 0.\nWrite a number, such as 1.'],
  [
    { restart: 'never' },
    `.restart is "never", which is not a known value.\nWrite one of 'no', 'always', 'on-failure', 'unless-stopped'.`,
  ],
  [{ platform: 'arm64' }, `.platform is "arm64", which is not a platform.\nWrite one such as 'linux/arm64'.`],
  [{ pull: 'daily' }, `.pull is "daily", which is not a known value.\nWrite one of 'missing', 'always', 'never'.`],
  [{ udpPorts: { dns: '53/udp' } }, '.udpPorts.dns is "53/udp", which is not a port.\nWrite a number from 1 to 65535.'],
  [{ hostPorts: { main: 0 } }, '.hostPorts.main is 0, which is not a port.\nWrite a number from 1 to 65535.'],
  [{ hostPorts: { mian: 8080 } }, '.hostPorts.mian: there is no such port.\nDid you mean main? The ports are main.'],
  [{ logOptions: { 'max-file': 3 } }, '.logOptions["max-file"] is 3, but must be a string.\nWrite a string in quotes.'],
  [
    { healthCheck: {} },
    '.healthCheck.test is missing.\nIts fields are test, intervalMs, timeoutMs, retries, startPeriodMs, startIntervalMs.',
  ],
  [
    { healthCheck: { test: [] } },
    ".healthCheck.test is [], which is not a command.\nWrite ['pg_isready'], or text for a shell.",
  ],
  [
    { healthCheck: { test: 'x', interval: 1 } },
    '.healthCheck.interval: there is no such field.\nDid you mean intervalMs? The fields are test, intervalMs, timeoutMs, retries, startPeriodMs, startIntervalMs.',
  ],
  [
    { healthCheck: { test: 'x', retries: 0 } },
    '.healthCheck.retries is 0, but must be a whole number from 1.\nWrite a number, such as 1.',
  ],
  [
    { healthCheck: 'none', ready: [{ kind: 'health' }] },
    ".ready[0] waits for the health check, and healthCheck is 'none'.\nRemove one of the two.",
  ],
])('%j is refused by its key before anything starts', async (settings, expected) => {
  expect(await thrownMessage(() => plan(settings))).toBe(`CONFIG_INVALID\nservices.api${expected}`)
})

test('a setting that does not exist', async () => {
  expect(await thrownMessage(() => api({ memry: 1 }))).toMatch(
    /^CONFIG_INVALID\ncontainer\(\{ memry \}\): there is no such option\.\n/,
  )
})

test('two services that want the same port of this machine', async () => {
  const services = { api: api({ hostPorts: { main: 8080 } }), web: api({ hostPorts: { main: 8080 } }) }
  expect(await thrownMessage(() => createPlan(defineConfig({ services }), {}))).toBe(
    [
      'CONFIG_INVALID',
      'services.api.hostPorts.main and services.web.hostPorts.main both want port 8080.',
      'Give one of them another port.',
    ].join('\n'),
  )
})
