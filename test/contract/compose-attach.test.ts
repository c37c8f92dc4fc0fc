import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose, type ComposeOptions } from '../../packages/moorage/src/compose.ts'
import { container, defineConfig, docker, provision } from '../../packages/moorage/src/index.ts'
import { missingEngine } from './docker-subject.ts'

const program = process.env['MOORAGE_TESTBED_COMPOSE'] ?? ''

const FILE = `name: attach-test
services:
  cache:
    image: redis:8
    ports: ['6379']
    environment: ['LEVEL=\${LEVEL:-first}']
  setup:
    image: busybox:1.37
    command: 'true'
    depends_on: [cache]
  web:
    image: busybox:1.37
    command: sh -c 'echo started; exec httpd -f -p 80 -h /etc'
    ports: ['80']
    expose: ['81']
    stop_grace_period: 1s
    depends_on: { setup: { condition: service_completed_successfully } }
`

describe.each([
  { engine: 'Docker', variable: 'DOCKER_HOST' },
  { engine: 'Podman', variable: 'MOORAGE_TESTBED_PODMAN' },
])('a compose project that is up on $engine', ({ variable }) => {
  const skipReason = missingEngine(variable) ?? (program ? undefined : 'MOORAGE_TESTBED_COMPOSE is not set')
  const host = process.env[variable] ?? ''
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'moorage-attach-')))
  const folder = join(root, 'project')
  const call = (...args: readonly string[]): string =>
    execFileSync(program, [...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: host },
      encoding: 'utf8',
      stdio: 'pipe',
    })
  /** What the engine reports of the project's containers, without what a health check changes. */
  const inspect = (): unknown => {
    const ids = call('ps', '--all', '--quiet').split('\n').filter(Boolean).toSorted()
    const { stdout } = spawnSync('docker', ['-H', host, 'inspect', ...ids], { encoding: 'utf8' })
    const found = JSON.parse(stdout) as readonly { readonly State: object }[]
    return found.map(({ State, ...container }) => {
      const { Health: _, Healthcheck: _podman, ...state } = State as { Health?: object; Healthcheck?: object }
      return { ...container, ExecIDs: [], State: state }
    })
  }
  const all = (): string => spawnSync('docker', ['-H', host, 'ps', '-aq', '--no-trunc'], { encoding: 'utf8' }).stdout

  async function run(
    options: ComposeOptions = {},
    more: Parameters<typeof defineConfig>[0]['services'] = {},
    seeds?: { readonly [service: string]: () => void },
  ) {
    const lines: string[] = []
    const stack = compose(folder, options)
    const config = defineConfig({ root, provider: docker({ host }), services: { ...stack, ...more } })
    const environment = await provision(config, {
      env: {
        ...process.env,
        DOCKER_HOST: host,
        CI: '',
        MOORAGE: '',
        MOORAGE_PROVIDER: '',
        MOORAGE_CACHE_DIR: join(root, 'cache'),
        MOORAGE_SUPERVISOR: 'inline',
      },
      onProgress: (progress) => {
        if (progress.kind === 'notice' && progress.text.includes('compose project')) lines.push(progress.text)
        if (progress.kind === 'ready') lines.push(`${progress.service}: ${progress.composeProject ?? 'own'}`)
      },
      ...(seeds ? { seeds } : {}),
    })
    return { environment, lines: lines.toSorted() }
  }

  beforeAll(() => {
    if (skipReason !== undefined) return
    mkdirSync(folder)
    writeFileSync(join(folder, 'compose.yaml'), FILE)
    call('up', '--detach', '--quiet-pull')
  }, 120_000)

  afterAll(() => {
    if (skipReason === undefined) call('down', '--volumes', '--timeout', '0')
    rmSync(root, { recursive: true, force: true })
  }, 60_000)

  test('is used, read, and left exactly as it was', async ({ skip }) => {
    if (skipReason !== undefined) skip(skipReason)
    const before = inspect()
    const containers = all()
    const { environment, lines } = await run()
    try {
      expect(lines).toEqual(['cache: attach-test', 'setup: attach-test', 'web: attach-test'])
      expect(all()).toBe(containers)
      const port = call('port', 'cache', '6379').trim().split(':').at(-1)
      expect(environment.env['CACHE_URL']).toMatch(new RegExp(`^redis://[0-9.]+:${port}/0$`))
      const url = String(environment.env['WEB_URL'])
      expect(await (await fetch(`${url}/hostname`)).text()).toMatch(/\w/)
      expect(await environment.logs('web')).toContainEqual({ stream: 'stdout', text: 'started' })
      expect(await environment.exec('web', ['cat', '/proc/1/comm'])).toMatchObject({ stdout: 'httpd\n' })
    } finally {
      await environment.dispose()
    }
    expect(all()).toBe(containers)
    expect(inspect()).toEqual(before)
  })

  test('is not used where something would be written into it, or could not reach it', async ({ skip }) => {
    if (skipReason !== undefined) skip(skipReason)
    const before = inspect()
    const notUsed = (reason: string): string =>
      `The compose project attach-test is up, but not used: ${reason}. The run starts its own services.`
    for (const { options, more, seeds, expected } of [
      { options: { attach: false }, expected: [] },
      {
        seeds: { cache: () => {} },
        expected: [notUsed('the seed function of services.cache would change its data')],
      },
      {
        more: {
          api: container({
            image: 'busybox:1.37',
            ports: {},
            ready: [],
            command: ['sleep', '60'],
            needs: { cache: 'ready' },
          }),
        },
        expected: [notUsed('services.api, which is not part of it, needs services.cache'), 'api: own'],
      },
      {
        options: { env: { LEVEL: 'second' } },
        expected: [notUsed('its service cache was started with another value of LEVEL')],
      },
    ]) {
      const { environment, lines } = await run({ services: ['cache'], ...options }, more, seeds)
      await environment.dispose()
      expect(lines).toEqual([...expected, 'cache: own'])
    }
    expect(inspect()).toEqual(before)
  })

  test('is not used while a service of it is down', async ({ skip }) => {
    if (skipReason !== undefined) skip(skipReason)
    call('stop', '--timeout', '0', 'web')
    const { environment, lines } = await run()
    await environment.dispose()
    expect(lines).toEqual([
      'The compose project attach-test is up, but not used: its service web has ended with exit code 137. The run starts its own services.',
      'cache: own',
      'setup: own',
      'web: own',
    ])
  })
})
