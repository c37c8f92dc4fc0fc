import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { missing } from '../../e2e/harness/engine.ts'
import { compose } from '../../packages/moorage/src/compose.ts'
import { defineConfig, docker, provision } from '../../packages/moorage/src/index.ts'

const program = process.env['MOORAGE_TESTBED_COMPOSE'] ?? ''
const host = process.env['DOCKER_HOST'] ?? ''

const FILE = `name: up-test
x-moorage: { attach: false }
x-common: &common
  image: busybox:1.37
  stop_grace_period: 1s
services:
  server:
    <<: *common
    command: ["sh", "-c", "touch /run/up; exec httpd -f -p 80 -h /srv"]
    environment: { A: "$\${LITERAL} \${SET}", PORT: 80, EMPTY: "" }
    env_file: [own.env]
    hostname: front
    working_dir: /tmp
    labels: { team: shop }
    extra_hosts: ["other.test:10.1.2.3"]
    cap_add: [NET_ADMIN]
    cap_drop: [MKNOD]
    sysctls: { net.core.somaxconn: 512 }
    ulimits: { nofile: { soft: 100, hard: 200 }, nproc: 500 }
    security_opt: ["no-new-privileges:true"]
    group_add: ["12"]
    init: true
    shm_size: 16m
    mem_limit: 64m
    mem_reservation: 32m
    cpus: 0.5
    pids_limit: 50
    dns_search: [test.example]
    stop_signal: SIGINT
    restart: unless-stopped
    tmpfs: /run
    volumes: [data:/data, ./site:/srv:ro]
    ports: ["80"]
    healthcheck: { test: test -f /run/up, interval: 1s, start_period: 1s }
    networks: { front: { aliases: [www] }, back: }
  check:
    <<: *common
    entrypoint: ["sh", "-c"]
    command: ["wget -qO- http://www/ && exit 0"]
    user: "1000:1000"
    read_only: true
    networks: [front]
    depends_on: { server: { condition: service_healthy } }
  last:
    <<: *common
    command: sh -c 'sleep 600; exit 3'
    networks: [back]
    stdin_open: true
    tty: true
    depends_on: { check: { condition: service_completed_successfully } }
networks: { front: , back: }
volumes: { data: }
`

/** Source: Docker Engine API, "Inspect a container". */
interface Inspected {
  readonly Name: string
  readonly State: { readonly ExitCode: number; readonly Running: boolean; readonly StartedAt: string }
  readonly Config: Record<string, unknown> & { readonly Env: readonly string[]; readonly Hostname: string }
  readonly HostConfig: Record<string, unknown>
  readonly NetworkSettings: {
    readonly Networks: { readonly [name: string]: { readonly Aliases?: readonly string[] | null } }
  }
}

const CONFIG = ['Cmd', 'Entrypoint', 'User', 'WorkingDir', 'StopSignal', 'Tty', 'OpenStdin']
const HOST_CONFIG = [
  'CapAdd',
  'CapDrop',
  'CpuPeriod',
  'DnsSearch',
  'ExtraHosts',
  'GroupAdd',
  'Init',
  'Memory',
  'MemoryReservation',
  'NanoCpus',
  'PidsLimit',
  'Privileged',
  'ReadonlyRootfs',
  'RestartPolicy',
  'SecurityOpt',
  'ShmSize',
  'Sysctls',
  'Tmpfs',
  'Ulimits',
]

test('what runs is what docker compose up runs: names, variables, commands, settings, order and exit codes', async ({
  skip,
}) => {
  const reason = missing('docker') ?? (program ? undefined : 'MOORAGE_TESTBED_COMPOSE is not set')
  if (reason) skip(reason)
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'moorage-up-')))
  const folder = join(root, 'project')
  mkdirSync(join(folder, 'site'), { recursive: true })
  writeFileSync(join(folder, 'compose.yaml'), FILE)
  writeFileSync(join(folder, 'own.env'), 'FROM_FILE="a b $SET"\nA=hidden\n')
  writeFileSync(join(folder, 'site/index.html'), 'hello')
  const env = { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: host, SET: 'set' }
  const callCompose = (...args: readonly string[]): string =>
    execFileSync(program, [...args], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
  onTestFinished(() => {
    callCompose('down', '--volumes', '--timeout', '0')
    rmSync(root, { recursive: true, force: true })
  })
  callCompose('up', '--detach', '--quiet-pull')
  const reference = normalised(callCompose('ps', '--all', '--quiet').split('\n').filter(Boolean), /^\/up-test-(.*)-1$/)
  callCompose('down', '--volumes', '--timeout', '0')

  const config = defineConfig({
    root,
    provider: docker({ host }),
    services: compose(folder, { env: { SET: 'set' } }),
  })
  await using environment = await provision(config, {
    env: { ...process.env, CI: '', MOORAGE: '', MOORAGE_CACHE_DIR: join(root, 'cache'), MOORAGE_SUPERVISOR: 'inline' },
    onProgress: () => {},
  })
  const ids = execFileSync('docker', ['-H', host, 'ps', '-aq', '--filter', `label=moorage.run=${environment.run}`])
  const own = normalised(String(ids).split('\n').filter(Boolean), new RegExp(`^/moorage-${environment.run}-(.*)$`))
  expect(own).toEqual(reference)
  expect(own.map(({ name }) => name)).toEqual(['server', 'check', 'last'])
  expect(own[1]).toMatchObject({ exitCode: 0, running: false })
})

/** The containers in the order of their starts, without what belongs to one engine or project. */
function normalised(ids: readonly string[], name: RegExp): readonly { readonly name: string | undefined }[] {
  const text = execFileSync('docker', ['-H', host, 'inspect', ...ids], { encoding: 'utf8' })
  const containers = JSON.parse(text) as readonly Inspected[]
  return containers
    .toSorted((a, b) => (a.State.StartedAt < b.State.StartedAt ? -1 : 1))
    .map(({ Name, State, Config, HostConfig, NetworkSettings }) => ({
      name: name.exec(Name)?.[1],
      running: State.Running,
      exitCode: State.ExitCode,
      env: Config.Env.toSorted(),
      team: (Config['Labels'] as { readonly team?: string }).team,
      networks: Object.entries(NetworkSettings.Networks)
        .map(([network, { Aliases }]) => [network.replace(/^.*[-_]/, ''), (Aliases ?? []).includes('www')])
        .toSorted(),
      ...Object.fromEntries(CONFIG.map((key) => [key, Config[key] ?? null])),
      ...Object.fromEntries(HOST_CONFIG.map((key) => [key, normalisedSetting(key, HostConfig[key])])),
    }))
}

/** Without the spelling of names, the order of lists, and the defaults that docs/compose.md names. */
function normalisedSetting(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null
  // A folder in memory may hold programs.
  if (key === 'Tmpfs') return Object.keys(value)
  if (!Array.isArray(value)) return Object.keys(value).length ? value : null
  const items = value.map((item: unknown) => JSON.stringify(item).replace('"CAP_', '"')).toSorted()
  const counted = key === 'SecurityOpt' ? items.filter((item) => item !== '"no-new-privileges"') : items
  return counted.length ? counted : null
}
