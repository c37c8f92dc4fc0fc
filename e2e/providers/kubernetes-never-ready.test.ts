import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { said } from '../cli/kubernetes-message.ts'
import { config, openProject } from '../cli/project.ts'
import { waitForDeletions } from '../harness/cluster.ts'
import { kubeconfig, kubectl, missing, NAMESPACE } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'

// They ask the cluster for everything of a kind.
beforeEach(async () => {
  if (!missing('kubernetes')) await waitForDeletions()
})

const shared = { KUBECONFIG: kubeconfig('shared'), MOORAGE_NAMESPACE: NAMESPACE }
const admin = (namespace: string): { readonly [name: string]: string } => ({
  KUBECONFIG: kubeconfig('admin'),
  MOORAGE_NAMESPACE: namespace,
})
const app = (options: string): string =>
  `app: container({ image: 'busybox:1.37', user: '1000:1000', ports: { http: 80 }, ${options} })`

interface Case {
  readonly source: string
  readonly env?: { readonly [name: string]: string }
  /** Objects of the administrator's, for the time of the test. */
  readonly objects?: readonly object[]
  readonly text: string
}

const namespace = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
})

const cases: { readonly [what: string]: Case } = {
  'a program for another processor': {
    source: config(app("files: { '/app/server': './server' }, command: ['/app/server']")),
    text: 'moorage: services.app ended with exit code 1 before it was ready.\nIts program is built for a different CPU architecture: use an image or a command for the architecture of its machine.\nLast log lines:\n  exec /app/server: exec format error',
  },
  'more memory than it may have': {
    source: config(
      app("command: ['sh', '-c', 'head -c 200000000 /dev/zero | tail']"),
      "kubernetes({ resources: { limits: { memory: '16Mi' } } })",
    ),
    text: 'moorage: services.app was killed by SIGKILL (out of memory: its limit is 16Mi, from kubernetes({ resources.limits.memory })) before it was ready.\nIts last log lines show why.\nLast log lines:\n  Killed',
  },
  'a quota that is used up': {
    source: config(
      app('deadlines: { admit: 2500 }'),
      "kubernetes({ resources: { limits: { memory: '64Mi' }, requests: { cpu: '2' } } })",
    ),
    env: { KUBECONFIG: kubeconfig('quota'), MOORAGE_NAMESPACE: 'quota' },
    text: 'moorage: services.app was not accepted by the provider within 2.5 s: exceeded quota: quota, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1.\nIf it needs more time, raise services.app.deadlines.admit (milliseconds).',
  },
  'a limit range': {
    source: config(app(''), "kubernetes({ resources: { limits: { memory: '64Mi' } } })"),
    env: admin('ranged'),
    objects: [
      namespace('ranged'),
      {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'range', namespace: 'ranged' },
        spec: { limits: [{ type: 'Container', max: { memory: '32Mi' } }] },
      },
    ],
    text: [
      'moorage: services.app: a limit range of namespace ranged refuses its pod: pods "RUN-app" is forbidden: maximum memory usage per Container is 32Mi, but limit is 64Mi.',
      'Set kubernetes({ resources }). Show the limit range with: kubectl describe limitrange -n ranged',
    ].join('\n'),
  },
  'an admission webhook that does not answer': {
    source: config(app('')),
    env: admin('hooked'),
    objects: [
      namespace('hooked'),
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'hooked' },
        webhooks: [
          {
            name: 'pods.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            failurePolicy: 'Fail',
            timeoutSeconds: 1,
            clientConfig: { url: 'https://127.0.0.1:1/' },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hooked' } },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          },
        ],
      },
    ],
    text: [
      'moorage: services.app: the cluster cannot reach the admission webhook pods.example.com for its pod: failed to call webhook: Post "https://127.0.0.1:1/?timeout=1s": dial tcp 127.0.0.1:1: connect: connection refused.',
      'The cluster accepts nothing without it. List the webhooks with: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
    ].join('\n'),
  },
}

test.for(Object.entries(cases))('%s', async ([_what, { source, env = shared, objects = [], text }], { skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({
    'moorage.config.ts': source,
    server: 'no program',
    'objects.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  })
  chmodSync(join(project.folder, 'server'), 0o755)
  if (objects.length) expect(kubectl('apply', '-f', `${project.folder}/objects.json`).stderr).toBe('')
  try {
    await using stage = await openStage(project.folder, 'kubernetes')
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), env)
    const end = await child.ended
    expect(said(child.output(), project.folder)).toBe(text)
    expect(end).toEqual({ code: 1, signal: null })
    await stage.clean(5_000)
  } finally {
    if (objects.length) kubectl('delete', '--wait=false', '-f', `${project.folder}/objects.json`)
  }
})

test('a registry that refuses for now is waited for, and its words are in the deadline', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  // A fake: no registry of the test bed has a limit.
  const registry = createServer((_, response) =>
    response
      .writeHead(429, { 'Content-Type': 'application/json' })
      .end('{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'),
  )
  await once(registry.listen(0, '127.0.0.1'), 'listening')
  const { port } = registry.address() as AddressInfo
  try {
    using project = openProject({
      'moorage.config.ts': config(
        `app: container({ image: '127.0.0.1:${port}/app:1', ports: { http: 80 }, deadlines: { pull: 4000 } })`,
      ),
    })
    await using stage = await openStage(project.folder, 'kubernetes')
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), shared)
    expect(await child.ended).toEqual({ code: 1, signal: null })
    expect(said(child.output(), project.folder).replaceAll(String(port), 'PORT')).toBe(
      [
        'moorage: services.app did not get its image within 4 s: failed to pull and unpack image "127.0.0.1:PORT/app:1": failed to resolve reference "127.0.0.1:PORT/app:1": pulling from host 127.0.0.1:PORT failed with status code [manifests 1]: 429 Too Many Requests; retrying.',
        'If it needs more time, raise services.app.deadlines.pull (milliseconds).',
      ].join('\n'),
    )
    await stage.clean(5_000)
  } finally {
    registry.close()
  }
})

test('what a pod refers to and does not find ends its start after 5 s, by name', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({
    'moorage.config.ts': config('db: postgres()', "kubernetes({ nodeSelector: { 'moorage-test': 'ready' } })"),
  })
  await using stage = await openStage(project.folder, 'kubernetes')
  const node = kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}').stdout
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), shared)
  try {
    // Nothing is looked for before the pod has a node.
    await until('no node', () =>
      kubectl(
        'get',
        'pods',
        '-n',
        NAMESPACE,
        '-l',
        'moorage.run',
        '-o',
        'jsonpath={.items[*].status.conditions[*].reason}',
      ).stdout.includes('Unschedulable'),
    )
    const [secret = ''] = kubectl('get', 'secrets', '-n', NAMESPACE, '-l', 'moorage.run', '-o', 'name')
      .stdout.trim()
      .split('\n')
    kubectl('delete', '-n', NAMESPACE, secret)
    kubectl('label', 'node', node, 'moorage-test=ready')
    const since = performance.now()
    expect(await child.ended).toEqual({ code: 1, signal: null })
    expect(performance.now() - since).toBeLessThan(9_000)
    expect(said(child.output(), project.folder)).toBe(
      'moorage: services.db: the cluster did not start it: secret "RUN-db-env" not found (CreateContainerConfigError).\nInspect the pod with: kubectl describe pod RUN-db -n ci',
    )
  } finally {
    kubectl('label', 'node', node, 'moorage-test-')
  }
  await stage.clean(5_000)
})

test('a pod that the cluster evicts in mid-run is reported, with the service and the reason', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({ 'moorage.config.ts': config('cache: redis()') })
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 5'), shared)
  await until('tests', () => child.output().includes('RUNNING'))
  const pod = kubectl(
    'get',
    'pods',
    '-n',
    NAMESPACE,
    '-l',
    'moorage.run',
    '-o',
    'jsonpath={.items[0].metadata.name}',
  ).stdout
  evict(project.folder, pod)
  expect(await child.ended).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(
    /^moorage: ✗ services\.cache was evicted \(Eviction API: evicting\)\. Its last lines:$/m,
  )
  await stage.clean(5_000)
})

/** As `kubectl drain` does. */
function evict(folder: string, name: string): void {
  const file = `${folder}/eviction.json`
  writeFileSync(
    file,
    JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE } }),
  )
  expect(kubectl('create', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`, '-f', file).status).toBe(0)
}
