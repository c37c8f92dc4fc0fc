import { cpSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { missing, offers, type ProviderName, providers } from '../harness/engine.ts'
import { moorage, openStage } from '../harness/fixture.ts'
import { config, openProject, scripts } from './project.ts'
import { RUNBOOK_LINE } from './runbook-line.ts'

interface Case {
  readonly on: ProviderName
  readonly files: { readonly [path: string]: string }
  readonly env?: { readonly [name: string]: string }
  /** From the last line that is no progress to the end; FOLDER, PORT and PID stand for what differs. */
  readonly text: string
  readonly code?: number
}

const REGISTRY = process.env['MOORAGE_TESTBED_REGISTRY'] ?? '127.0.0.1:5000'
// The test bed turns it off for testcontainers' own.
const RYUK = { MOORAGE_PROVIDER: '', TESTCONTAINERS_RYUK_DISABLED: '' }
const NOWHERE = 'unix:///run/moorage-nowhere/docker.sock'
const api = (source: string, options = ''): Case['files'] => ({
  'moorage.config.ts': config(`api: npmServer({ ${options} })`),
  'package.json': scripts({ start: 'node server.js' }),
  'server.js': source,
})

const cases: { readonly [what: string]: Case } = {
  'no config': {
    on: 'process',
    files: {},
    code: 2,
    text: [
      'moorage: FOLDER contains no moorage.config.ts.',
      'Create one:',
      "  import { defineConfig, postgres } from 'moorage'",
      '  export default defineConfig({ services: { db: postgres() } })',
    ].join('\n'),
  },
  'two configs': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()'), 'moorage.config.js': config('cache: redis()') },
    code: 2,
    text: 'moorage: FOLDER contains two config files: moorage.config.ts and moorage.config.js.\nRemove one of them.',
  },
  'a config that throws': {
    on: 'process',
    files: { 'moorage.config.ts': "throw new TypeError('no such thing')" },
    code: 2,
    text: [
      'moorage: FOLDER/moorage.config.ts could not be loaded: no such thing.',
      'Correct the file. The stack trace is in the cause of this error.',
    ].join('\n'),
  },
  'a config that ends the process': {
    on: 'process',
    files: { 'moorage.config.ts': 'process.exit(0)' },
    code: 2,
    text: 'moorage: FOLDER/moorage.config.ts could not be loaded: it calls process.exit(), or awaits a promise that never settles.',
  },
  'an enum': {
    on: 'process',
    files: { 'moorage.config.ts': 'enum Port { Http = 80 }\nexport default Port.Http' },
    code: 2,
    text: [
      'moorage: FOLDER/moorage.config.ts:1 could not be loaded: TypeScript enum is not supported in strip-only mode.',
      'Node removes types but does not compile: write enums and namespaces as plain objects.',
    ].join('\n'),
  },
  'no default export': {
    on: 'process',
    files: { 'moorage.config.ts': 'export const config = {}' },
    code: 2,
    text: [
      'moorage: FOLDER/moorage.config.ts has no config as its default export.',
      'Write: export default defineConfig({ services: { … } })',
    ].join('\n'),
  },
  'an option of containers on plain processes': {
    on: 'process',
    files: { 'moorage.config.ts': config("db: mongodb({ image: 'mongo:7' })") },
    text: [
      'moorage: services.db.image is not supported by provider process: a plain process does not run an image.',
      'Omit it, or use a provider that runs containers (docker, kubernetes).',
    ].join('\n'),
  },
  'a container on plain processes': {
    on: 'process',
    files: { 'moorage.config.ts': config("app: container({ image: 'nginx:1.28', ports: { http: 80 } })") },
    text: [
      'moorage: services.app is not supported by provider process: container cannot run as a plain process.',
      'Use a provider that runs containers (docker, kubernetes), or another preset.',
    ].join('\n'),
  },
  'a user that the image does not have': {
    on: 'docker',
    files: {
      'moorage.config.ts': config("app: container({ image: 'nginx:1.28', ports: { http: 80 }, user: 'nobody-here' })"),
    },
    text: [
      'moorage: services.app.user: the engine does not accept it.',
      'The engine says: unable to find user nobody-here: no matching entries in passwd file',
    ].join('\n'),
  },
  'a health check that never passes': {
    on: 'docker',
    files: {
      'moorage.config.ts': config(
        "app: container({ image: 'busybox:1.37', ports: {}, command: ['sh', '-c', 'echo up; sleep 99'], healthCheck: { test: 'echo one; echo two; exit 3', intervalMs: 100, retries: 2 } })",
      ),
    },
    text: [
      'moorage: services.app is unhealthy: its health check ended with exit code 3: two.',
      "The check is 'echo one; echo two; exit 3' (2 retries, 0.1 s apart, after a start period of 0 s).",
      'Its last output:',
      '  one',
      '  two',
      'Correct the check or the service, or raise retries or startPeriodMs of healthCheck.',
      'Last log lines:',
      '  up',
    ].join('\n'),
  },
  'an image that does not exist': {
    on: 'docker',
    files: {
      'moorage.config.ts': config(
        `app: container({ image: '${REGISTRY}/no-such-image:1', ports: { http: 80 } }), other: redis()`,
      ),
    },
    text: [
      'moorage: services.app.image: there is no image REGISTRY/no-such-image:1 that the engine can pull.',
      'The engine says: (HTTP code 404) unexpected - manifest for REGISTRY/no-such-image:1 not found: manifest unknown: manifest unknown',
      'Correct the name or the tag; a private image needs `docker login` first.',
    ].join('\n'),
  },
  'a Ryuk that is neither on nor off': {
    on: 'docker',
    env: { MOORAGE_PROVIDER: '' },
    code: 2,
    files: { 'moorage.config.ts': config('cache: redis()', "docker({ ryuk: 'yes' })") },
    text: 'moorage: FOLDER/moorage.config.ts: docker({ ryuk }): "yes" is neither true nor false.\nUse true, or omit it.',
  },
  'no image of Ryuk': {
    on: 'docker',
    env: { ...RYUK, RYUK_CONTAINER_IMAGE: `${REGISTRY}/no-such-ryuk:1` },
    files: { 'moorage.config.ts': config('cache: redis(), web: redis()', 'docker({ ryuk: true })') },
    text: [
      'moorage: docker({ ryuk }): REGISTRY/no-such-ryuk:1 does not run on the engine at ENGINE: (HTTP code 404) unexpected - manifest for REGISTRY/no-such-ryuk:1 not found: manifest unknown: manifest unknown.',
      'Set RYUK_CONTAINER_IMAGE to another image, or TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX to a mirror.',
      'Without `ryuk`, the next run on this machine removes what this one leaves.',
    ].join('\n'),
  },
  'no socket for Ryuk on the machine of the engine': {
    on: 'docker',
    env: { ...RYUK, TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: '/run/moorage-nowhere/docker.sock' },
    files: { 'moorage.config.ts': config('cache: redis()', 'docker({ ryuk: true })') },
    text: [
      'moorage: docker({ ryuk }): testcontainers/ryuk:0.14.0 does not run on the engine at ENGINE: invalid mount config for type "bind": bind source path does not exist: /run/moorage-nowhere/docker.sock.',
      "Set TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE to the socket's path on the engine's machine.",
      'Without `ryuk`, the next run on this machine removes what this one leaves.',
    ].join('\n'),
  },
  'a socket that Ryuk cannot use': {
    on: 'docker',
    env: { ...RYUK, TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: '/dev/null' },
    files: { 'moorage.config.ts': config('cache: redis()', 'docker({ ryuk: true })') },
    text: [
      'moorage: docker({ ryuk }): testcontainers/ryuk:0.14.0 does not run on the engine at ENGINE: it ended by itself: level=ERROR msg=run error="new reaper: ping: Get \\"http://engine/_ping\\": dial unix /var/run/docker.sock: connect: connection refused".',
      "If containers may not use their engine's socket (SELinux), set TESTCONTAINERS_RYUK_PRIVILEGED=true.",
      'Without `ryuk`, the next run on this machine removes what this one leaves.',
    ].join('\n'),
  },
  'no engine in CI': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis(), db: postgres()') },
    env: { CI: 'true', MOORAGE_PROVIDER: '', DOCKER_HOST: '' },
    text: [
      'moorage: No provider can be used for these services.',
      '  docker: no Docker socket. To use it: start Docker, or set DOCKER_HOST to where its engine listens.',
      '  kubernetes: there is no kubeconfig, and this machine is not a pod. To use it: set KUBECONFIG, then check with: kubectl config get-contexts.',
      '  nerdctl: there is no program nerdctl. To use it: install nerdctl.',
      '  process: not used as a fallback in CI for services with an image (cache, db). To use it: choose it with provider: plainProcess() in the config, or with MOORAGE_PROVIDER=process.',
    ].join('\n'),
  },
  'an engine that does not answer': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()') },
    env: { MOORAGE_PROVIDER: '', DOCKER_HOST: NOWHERE },
    text: [
      'moorage: Provider docker was found but cannot be used: no engine answers at unix:///run/moorage-nowhere/docker.sock (ENOENT).',
      'Start it, or correct DOCKER_HOST or the Docker context.',
    ].join('\n'),
  },
  'an engine that was asked for and does not answer': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()', 'docker()') },
    env: { MOORAGE_PROVIDER: '', DOCKER_HOST: NOWHERE },
    text: [
      'moorage: Provider docker, chosen by the config, cannot be used: no engine answers at unix:///run/moorage-nowhere/docker.sock (ENOENT).',
      'Start it, or correct DOCKER_HOST or the Docker context.',
    ].join('\n'),
  },
  'an unknown provider': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()') },
    env: { MOORAGE_PROVIDER: 'podman' },
    code: 2,
    text: [
      "moorage: MOORAGE_PROVIDER is 'podman', which is not the name of a provider.",
      'Unset it, or set it to one of docker, kubernetes, nerdctl, process.',
    ].join('\n'),
  },
  'no redis-server': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()') },
    env: { PATH: dirname(process.execPath) },
    text: [
      'moorage: services.cache: found no redis-server on the PATH to run as a plain process.',
      'Install it (apt install redis-server, brew install redis), use Docker or Kubernetes, or set the URL of a running server.',
    ].join('\n'),
  },
  'no mongod': {
    on: 'process',
    files: { 'moorage.config.ts': config('db: mongodb()') },
    env: { PATH: dirname(process.execPath) },
    text: [
      'moorage: services.db: found no mongod on the PATH to run as a plain process.',
      'Install MongoDB, run `npm install --save-dev mongodb-memory-server`, use Docker or Kubernetes, or set the URL of a running server.',
    ].join('\n'),
  },
  'a given URL where no server answers': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()') },
    env: { CACHE_URL: 'redis://:secret@127.0.0.1:1/0' },
    text: [
      'moorage: services.cache: CACHE_URL is set, but nothing answers at 127.0.0.1:1.',
      'Start that service, or unset CACHE_URL to let moorage start one.',
    ].join('\n'),
  },
  'a given URL that is none': {
    on: 'process',
    files: { 'moorage.config.ts': config('cache: redis()') },
    env: { CACHE_URL: 'localhost' },
    code: 2,
    text: [
      'moorage: CACHE_URL is set, but its value is not a URL.',
      'Unset CACHE_URL to let moorage start services.cache, or set it to the URL of a running service.',
    ].join('\n'),
  },
  'no package.json': {
    on: 'process',
    files: { 'moorage.config.ts': config("api: npmServer({ cwd: 'api' })") },
    code: 2,
    text: [
      'moorage: services.api.cwd: found no package.json in FOLDER/api.',
      'Give the folder of the package that contains the script.',
    ].join('\n'),
  },
  'a script that is missing': {
    on: 'process',
    files: {
      'moorage.config.ts': config("api: npmServer({ script: 'serve' })"),
      'package.json': scripts({ start: 'x', dev: 'y' }),
    },
    code: 2,
    text: "moorage: services.api.script: FOLDER/package.json has no script 'serve'.\nIts scripts are start, dev.",
  },
  'a package.json that is no JSON': {
    on: 'process',
    files: { 'moorage.config.mjs': config("api: npmServer({ cwd: 'api' })"), 'api/package.json': '{ "scripts": ' },
    code: 2,
    text: [
      'moorage: services.api.cwd: FOLDER/api/package.json is not valid JSON: Unexpected end of JSON input.',
      'Correct the file.',
    ].join('\n'),
  },
  'a server that ends at once': {
    on: 'process',
    files: api("console.log('listening soon'); console.error('cannot find its settings'); process.exit(1)"),
    text: [
      'moorage: services.api ended with exit code 1 before it was ready.',
      'Its last log lines show why.',
      'Last log lines:',
      '  listening soon',
      '  cannot find its settings',
    ].join('\n'),
  },
  'a server that never answers': {
    on: 'process',
    files: api('setInterval(() => {}, 1000)', 'deadlines: { ready: 400 }'),
    text: [
      'moorage: services.api did not become ready within 0.4 s: connection refused by 127.0.0.1:PORT. None of its processes listens on a port.',
      'If it needs more time, raise services.api.deadlines.ready (milliseconds).',
    ].join('\n'),
  },
  'a server that answers with an error': {
    on: 'process',
    files: api(
      "import { createServer } from 'node:http'; createServer((_, r) => r.writeHead(500).end()).listen(process.env.PORT, '127.0.0.1')",
      'deadlines: { ready: 1000 }',
    ),
    text: [
      'moorage: services.api did not become ready within 1 s: http://127.0.0.1:PORT/ answered 500. It listens on 127.0.0.1:PORT (process PID, node).',
      'If it needs more time, raise services.api.deadlines.ready (milliseconds).',
    ].join('\n'),
  },
  'an SQL seed with an error': {
    on: 'process',
    files: {
      'moorage.config.ts': config("db: postgres({ seed: 'schema.sql' })"),
      'schema.sql': 'select 1;\n\nselect two;\n',
    },
    text: [
      'moorage: services.db.seed: FOLDER/schema.sql:3: column "two" does not exist (SQLSTATE 42703).',
      'Correct the seed. It is called with the connection that tests get.',
      'Last log lines:',
      '  select two;',
      '         ^',
    ].join('\n'),
  },
  'a seed that fails': {
    on: 'process',
    files: {
      'moorage.config.ts': config("db: postgres({ seed: 'seed.ts' })"),
      'seed.ts': "export function seed() { console.error('three users'); process.exit(3) }",
    },
    text: [
      'moorage: services.db.seed: FOLDER/seed.ts failed with exit code 3.',
      'Correct the seed. It is called with the connection that tests get.',
      'Last log lines:',
      '  three users',
    ].join('\n'),
  },
  'a seed module without a seed': {
    on: 'process',
    files: { 'moorage.config.ts': config("db: postgres({ seed: 'seed.ts' })"), 'seed.ts': 'export const users = []' },
    text: [
      'moorage: services.db.seed: FOLDER/seed.ts exports no function named seed, and none as its default.',
      'Correct the seed. It is called with the connection that tests get.',
    ].join('\n'),
  },
}

test.for(Object.entries(cases).filter(([, { on }]) => offers(on)))(
  '%s',
  async ([_what, { on, files, env, text, code = 1 }], { skip }) => {
    const reason = missing(on)
    if (reason) skip(reason)
    using project = openProject(files)
    await using stage = await openStage(project.folder, on)
    const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '--version'), {
      NODE_PATH: '',
      ...env,
    })
    const end = await child.ended
    expect(said(child.output(), project.folder)).toBe(text)
    expect(end).toEqual({ code, signal: null })
    await stage.clean(2_000)
  },
)

test.each(providers('process'))('a port in use', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  try {
    using project = openProject(api('', `port: ${port}`))
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '--version'))
    expect(await child.ended).toEqual({ code: 1, signal: null })
    expect(said(child.output(), project.folder).replace(/ \(.*?\) listens/, ' (NAME) listens')).toBe(
      `moorage: services.api.port: port ${port} is in use: process ${process.pid} (NAME) listens on it.\nStop that program, set another port, or omit the port to get a free one.`,
    )
    await stage.clean(2_000)
  } finally {
    server.close()
  }
})

test.each(providers('process'))('a seed that does not end', async () => {
  using project = openProject({
    'moorage.config.ts': config("db: postgres({ seed: 'seed.ts', deadlines: { ready: 2000 } })"),
    'seed.ts': 'export function seed() { return new Promise(() => setInterval(() => {}, 1000)) }',
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '--version'))
  expect(await child.ended).toEqual({ code: 1, signal: null })
  expect(said(child.output(), project.folder)).toMatch(
    /^moorage: services.db did not become ready within 2 s: its seed has not ended. It listens on 127.0.0.1:PORT \(process PID, postgres\).\nIf it needs more time, raise services.db.deadlines.ready \(milliseconds\).\nLast log lines:\n/,
  )
  await stage.clean(2_000)
})

test.for(providers('docker'))('an engine, and the package testcontainers missing', async (_provider, { skip }) => {
  const reason = missing('docker')
  if (reason) skip(reason)
  using project = openProject({ 'moorage.config.ts': config('cache: redis()') })
  // A copy, as npm would install it: beside a linked one its own packages would be found.
  const installed = join(project.folder, 'node_modules', 'moorage')
  rmSync(installed)
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(resolve('packages/moorage', name), join(installed, name), { recursive: true })
  cpSync(resolve('packages/moorage/node_modules/get-port'), join(project.folder, 'node_modules/get-port'), {
    recursive: true,
    dereference: true,
  })
  await using stage = await openStage(project.folder, 'docker')
  const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '--version'), {
    NODE_PATH: '',
    MOORAGE_PROVIDER: '',
  })
  expect(await child.ended).toEqual({ code: 1, signal: null })
  expect(said(child.output(), project.folder)).toBe(
    'moorage: Provider docker was found but cannot be used: the package testcontainers is not installed.\nRun: npm install --save-dev testcontainers',
  )
  await stage.clean(2_000)
})

/** The message: what follows the lines of progress. */
function said(output: string, folder: string): string {
  const lines = output.trimEnd().split('\n')
  const from = lines.findLastIndex((line) => line.startsWith('moorage: '))
  return lines
    .slice(from)
    .filter((line) => !RUNBOOK_LINE.test(line))
    .join('\n')
    .replaceAll(folder, 'FOLDER')
    .replaceAll(REGISTRY, 'REGISTRY')
    .replaceAll(process.env['DOCKER_HOST'] || 'no engine here', 'ENGINE')
    .replace(/127.0.0.1:\d{4,5}/g, '127.0.0.1:PORT')
    .replace(/\(process \d+,/g, '(process PID,')
}
