import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, kubectl, missing } from '../../e2e/harness/engine.ts'
import type { DoctorReport } from '../../packages/cli/src/doctor/doctor-report.ts'
import { accessManifest, missingRoleManifest } from '../../packages/provider-kubernetes/src/rbac/access-manifest.ts'
import { rulesOf, toPermissions } from '../../packages/provider-kubernetes/src/rbac/permission-table.ts'
import { GrantedUsers } from '../provider-kubernetes/rbac/granted-users.ts'
import { missingEngine } from './docker-subject.ts'

const CONFIG = `import { container, defineConfig, postgres } from '${resolve('packages/moorage/src/index.ts')}'
export default defineConfig({
  services: { db: postgres(), app: container({ image: 'busybox:1.37', ports: { http: 80 } }) },
})
`

const folders = { withConfig: '', empty: '' }
beforeAll(() => {
  folders.withConfig = mkdtempSync(join(tmpdir(), 'moorage-doctor-'))
  folders.empty = mkdtempSync(join(tmpdir(), 'moorage-doctor-'))
  writeFileSync(join(folders.withConfig, 'moorage.config.mjs'), CONFIG)
})
afterAll(() => Object.values(folders).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const NOWHERE = { DOCKER_HOST: 'unix:///nowhere/docker.sock', KUBECONFIG: '', MOORAGE_PROVIDER: '', CI: '' }

interface Outcome extends DoctorReport {
  readonly status: number | null
  /** The findings of a check, as `status text`. */
  lines(group: string, name?: string): readonly string[]
}

/** Runs the command line from its sources, as a user without an engine but for what `env` names. */
function doctor(env: { readonly [name: string]: string }, folder = folders.withConfig): Outcome {
  const main = resolve('packages/moorage/src/cli-main.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions', 'moorage-source', main, 'doctor', '--json'],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, HOME: '/nowhere', ...NOWHERE, ...env } },
  )
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as DoctorReport
  return {
    ...report,
    status,
    lines: (group, name) =>
      report.checks
        .filter((check) => check.group === group && (name === undefined || check.name === name))
        .map((check) => `${check.status} ${check.text}`),
  }
}

describe('without an engine', () => {
  test('a folder without a config, and plain processes', () => {
    const { ok, status, provider, lines } = doctor({ MOORAGE_PROVIDER: 'process' }, folders.empty)
    expect({ ok, status, provider }).toEqual({ ok: true, status: 0, provider: 'process' })
    expect(lines('config')).toEqual([expect.stringMatching(/^warning \S+ contains no moorage\.config\.ts$/)])
    expect(lines('providers', 'process')).toEqual(['ok process: plain processes on linux'])
  })

  // Without DOCKER_HOST, moorage finds an engine at its usual socket.
  test.skipIf(existsSync('/var/run/docker.sock'))('in CI, nothing can run services with an image', () => {
    const { ok, status, provider, lines } = doctor({ CI: 'true', DOCKER_HOST: '', PATH: '/nowhere' })
    expect({ ok, status, provider }).toEqual({ ok: false, status: 1, provider: null })
    expect(lines('providers', 'choice')).toEqual(['problem No provider can be used for these services'])
  })

  test('an engine that is named and does not answer', () => {
    const { status, provider, lines } = doctor({})
    expect({ status, provider }).toEqual({ status: 1, provider: null })
    const reason = 'no engine answers at unix:///nowhere/docker.sock (ENOENT)'
    expect(lines('providers', 'docker')).toEqual([`problem docker: ${reason}`])
    expect(lines('providers', 'choice')).toEqual([`problem Provider docker was found but cannot be used: ${reason}`])
  })
})

const ENGINES = {
  docker: 'DOCKER_HOST',
  'a stock engine': 'MOORAGE_TESTBED_STOCK_ENGINE',
  podman: 'MOORAGE_TESTBED_PODMAN',
} as const

describe.each(Object.entries(ENGINES))('on %s', (name, variable) => {
  test.skipIf(missingEngine(variable))('the engine, its disk and its address pools', () => {
    const host = process.env[variable] ?? ''
    const report = doctor({ DOCKER_HOST: host })
    const { ok, status, provider, lines } = report
    expect({ ok, status, provider }).toEqual({ ok: true, status: 0, provider: 'docker' })
    expect(lines('docker', 'disk')).toEqual([expect.stringMatching(/^ok .+ free in \/.+ \(images and containers\)$/)])
    if (name === 'podman') return expect(lines('docker', 'address-pools')).toEqual([])
    const before = roomIn(report)
    expect(before).toBeGreaterThan(5)
    using networks = createNetworks(host, [[]])
    expect(roomIn(doctor({ DOCKER_HOST: host }))).toBe(before - networks.count)
  })
})

test.skipIf(missingEngine(ENGINES['a stock engine']))('an engine whose address pools are almost used up', () => {
  const host = process.env[ENGINES['a stock engine']] ?? ''
  // All of its built-in pools but three networks.
  using _networks = createNetworks(
    host,
    ['172.20.0.0/14', '172.24.0.0/14', '172.28.0.0/14', '192.168.0.0/16'].map((subnet) => ['--subnet', subnet]),
  )
  const { status, checks } = doctor({ DOCKER_HOST: host })
  expect(status).toBe(0)
  expect(checks.filter(({ name }) => name === 'address-pools')).toMatchObject([
    {
      status: 'warning',
      text: expect.stringMatching(/^the address pools have room for [0-3] more networks of 31/),
      fix: 'Remove unused networks: docker network prune. Or enlarge default-address-pools in daemon.json.',
    },
  ])
})

function roomIn({ lines }: Outcome): number {
  return Number(/room for (\d+) more/.exec(lines('docker', 'address-pools')[0] ?? '')?.[1])
}

/** Networks on an engine, with these options of `docker network create`. */
function createNetworks(host: string, all: readonly (readonly string[])[]): Disposable & { readonly count: number } {
  const docker = (...args: string[]): void => {
    const { status, stderr } = spawnSync('docker', ['-H', host, 'network', ...args], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }
  const names = all.map((_, i) => `moorage-doctor-${i}`)
  for (const [i, options] of all.entries()) docker('create', ...options, `moorage-doctor-${i}`)
  return { count: names.length, [Symbol.dispose]: () => docker('rm', ...names) }
}

describe.skipIf(missing('kubernetes'))('on a cluster', () => {
  const asUser = (path: string): { readonly [name: string]: string } => ({
    KUBECONFIG: path,
    MOORAGE_KUBE_CONTEXT: 'testbed',
    MOORAGE_PROVIDER: 'kubernetes',
    MOORAGE_NAMESPACE: '',
  })

  test('with a namespace per run, the cluster admits every object, and keeps none', () => {
    const { ok, status, lines } = doctor(asUser(kubeconfig('admin')))
    expect({ ok, status }).toEqual({ ok: true, status: 0 })
    expect(lines('kubernetes')).toEqual([
      expect.stringMatching(/^ok Kubernetes v1\.\d+\.\d+\S*, as admin$/),
      'ok admin has the 23 permissions of mode create in every namespace',
      'ok a namespace without labels enforces no Pod Security level (privileged)',
      'ok the cluster admits what a run creates beside its pods: Namespace, Service, Secret, Job',
      'ok services.db: the cluster admits its pod',
      'ok services.app: the cluster admits its pod',
    ])
    const kinds = 'namespaces,jobs,leases,pods,services,secrets,configmaps'
    const left = kubectl('get', kinds, '-A', '-o', 'name').stdout
    expect(left).toContain('namespace/default')
    expect(left).not.toContain('moorage-doctor')
  })

  test('in a namespace with a policy, the pods that it refuses', () => {
    const { ok, status, provider, lines } = doctor(asUser(kubeconfig('restricted')))
    expect({ ok, status, provider }).toEqual({ ok: false, status: 1, provider: 'kubernetes' })
    expect(lines('kubernetes', 'pod-security')).toEqual([
      'ok namespace restricted enforces Pod Security level restricted',
    ])
    expect(lines('kubernetes', 'dry-run')).toEqual([
      'ok namespace restricted admits what a run creates beside its pods: Service, Secret, Job',
      'ok services.db: namespace restricted admits its pod',
      expect.stringMatching(
        /^problem services\.app: namespace restricted refuses its pod under the pod security policy/,
      ),
    ])
  })

  test('in a namespace with a quota, the resources that it demands', () => {
    const { ok, checks } = doctor(asUser(kubeconfig('quota')))
    expect(ok).toBe(false)
    expect(checks.filter(({ name, status }) => name === 'dry-run' && status === 'problem')).toMatchObject([
      { text: expect.stringMatching(/^services\.db: quota quota of namespace quota requires every pod to set/) },
      { fix: expect.stringMatching(/^Set them for all services: kubernetes\(\{ resources: /) },
    ])
  })

  test('a user without any permission gets the whole Role', () => {
    const { status, checks } = doctor(asUser(kubeconfig('nobody')))
    expect(status).toBe(1)
    expect(checks.filter(({ group }) => group === 'kubernetes').slice(1)).toEqual([
      {
        group: 'kubernetes',
        name: 'permissions',
        status: 'problem',
        text: 'nobody has none of the 19 permissions of mode shared in namespace ci',
        fix: 'Ask an administrator to apply this Role.',
        manifest: accessManifest({ namespace: 'ci', subject: { user: 'nobody' } }),
      },
    ])
  })

  test('a user with a part of the permissions gets the rest, and it suffices', () => {
    using users = new GrantedUsers()
    const { namespace } = users
    const user = 'doctor-part'
    const granted = toPermissions(rulesOf('shared')).filter(
      ({ verb, resource }) => `${verb} ${resource}` !== 'delete pods' && resource !== 'pods/exec',
    )
    users.grant([missingRoleManifest(granted, { namespace, subject: { user } }).replaceAll('-missing', '-part')])
    const env = { ...asUser(users.kubeconfig(user)), MOORAGE_NAMESPACE: namespace }
    const { status, checks } = doctor(env)
    expect(status).toBe(1)
    const findings = checks.filter(({ name }) => name === 'permissions')
    expect(findings.map((finding) => `${finding.status} ${finding.text}\n${finding.fix}`)).toEqual([
      `problem ${user} may not delete pods in namespace ${namespace}: no run can start\nAdd this rule: { apiGroups: [''], resources: [pods], verbs: [delete] }`,
      `warning ${user} may not get pods/exec in namespace ${namespace}: env.exec(), exec probes, health checks and folders larger than 2 MB fail\nAdd this rule: { apiGroups: [''], resources: [pods/exec], verbs: [get] }`,
      `warning ${user} may not create pods/exec in namespace ${namespace}: env.exec(), exec probes, health checks and folders larger than 2 MB fail\nAdd this rule: { apiGroups: [''], resources: [pods/exec], verbs: [create] }`,
      'problem 3 permissions are missing of the 19 of mode shared\nAsk an administrator to apply this Role.',
    ])
    users.grant([findings.at(-1)?.manifest ?? ''])
    while (kubectl('auth', 'can-i', '--quiet', 'delete', 'pods', '-n', namespace, '--as', user).status !== 0);
    const after = doctor(env)
    expect(after.status).toBe(0)
    expect(after.lines('kubernetes', 'permissions')).toEqual([
      `ok ${user} has the 19 permissions of mode shared in namespace ${namespace}`,
    ])
  })
})
