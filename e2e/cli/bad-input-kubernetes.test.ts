import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kubeconfig, missing, NAMESPACE } from '../harness/engine.ts'
import { moorage, openStage } from '../harness/fixture.ts'
import { withLeasesEverywhere, withoutVerb } from '../testbed/kubernetes-users.ts'
import { REGISTRY, said } from './kubernetes-message.ts'
import { config, openProject } from './project.ts'

interface Case {
  readonly source?: string
  readonly env?: { readonly [name: string]: string } | (() => Promise<{ readonly [name: string]: string }>)
  /** From the last line that is no progress to the end; RUN, FOLDER, USERS and REGISTRY stand for what differs. */
  readonly text: string
  readonly code?: number
}

const CHOSEN = 'moorage: Provider kubernetes, chosen by MOORAGE_PROVIDER=kubernetes, cannot be used:'
const shared = {
  MOORAGE_PROVIDER: 'kubernetes',
  KUBECONFIG: kubeconfig('shared'),
  MOORAGE_KUBE_CONTEXT: 'testbed',
  MOORAGE_NAMESPACE: NAMESPACE,
  CI: '',
}
const app = (options: string): string =>
  config(`app: container({ image: 'busybox:1.37', user: '1000:1000', ports: { http: 80 }, ${options} })`)

const cases: { readonly [what: string]: Case } = {
  'no kubeconfig where one is named': {
    env: { KUBECONFIG: '/nowhere/config' },
    text: `${CHOSEN} there is no kubeconfig at /nowhere/config.\nCorrect KUBECONFIG, then check with: kubectl config get-contexts`,
  },
  'no kubeconfig at all': {
    env: { KUBECONFIG: '', HOME: '/nowhere' },
    text: `${CHOSEN} there is no kubeconfig, and this machine is not a pod.\nSet KUBECONFIG, then check with: kubectl config get-contexts`,
  },
  'an unknown context': {
    env: { MOORAGE_KUBE_CONTEXT: 'prod' },
    text: `${CHOSEN} the kubeconfig USERS/shared.yaml has no context 'prod'; its contexts: testbed.\nChoose one with: kubectl config use-context NAME`,
  },
  'a context that is not allowed outside CI': {
    env: { MOORAGE_KUBE_CONTEXT: '' },
    text: `${CHOSEN} context 'testbed' is not allowed outside CI, so that no test runs against a cluster by mistake.\nName it: kubernetes({ context: 'testbed' }) in the config, or MOORAGE_KUBE_CONTEXT=testbed. List the contexts with: kubectl config get-contexts`,
  },
  'an expired token': {
    env: { KUBECONFIG: kubeconfig('expired') },
    text: `${CHOSEN} the Kubernetes API does not accept the credentials: they have expired, or belong to another cluster.\nLog in again, then check with: kubectl auth whoami`,
  },
  'a user without any right': {
    env: { KUBECONFIG: kubeconfig('nobody') },
    text: [
      `${CHOSEN} nobody may not create, get, patch, delete jobs.batch; create, list, watch, delete pods; get pods/log; get, create pods/portforward; create services; create, delete secrets in namespace ci.`,
      'Ask an administrator to run: kubectl apply -n ci -f node_modules/moorage/kubernetes-role.yaml && kubectl create rolebinding moorage -n ci --role=moorage --user=nobody',
    ].join('\n'),
  },
  'a namespace that is missing': {
    env: { KUBECONFIG: kubeconfig('admin'), MOORAGE_NAMESPACE: 'no-such-namespace' },
    text: 'moorage: Provider kubernetes: namespace no-such-namespace does not exist.\nCreate it, or name another one: kubectl create namespace no-such-namespace',
  },
  'a namespace per run without the right to it': {
    source: config('cache: redis()', "kubernetes({ mode: 'create' })"),
    env: { MOORAGE_NAMESPACE: '' },
    text: `${CHOSEN} shared may not create namespaces.\nName an existing namespace with kubernetes({ namespace }), or ask an administrator to run: kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml && kubectl create clusterrolebinding moorage --clusterrole=moorage --user=shared`,
  },
  'a deleter in a shared namespace': {
    source: config('cache: redis()', "kubernetes({ mode: 'shared', deleter: true })"),
    text: `${CHOSEN} kubernetes({ deleter }) needs a namespace per run, but mode: 'shared' makes runs share one that stays.\nRemove one of the two options.`,
  },
  'a deleter in a namespace that is named': {
    source: config('cache: redis()', "kubernetes({ namespace: 'ci', deleter: true })"),
    text: `${CHOSEN} kubernetes({ deleter }) needs a namespace per run, but namespace: 'ci' makes runs share one that stays.\nRemove one of the two options.`,
  },
  'a deleter without Jobs': {
    source: config('cache: redis()', 'kubernetes({ deleter: true })'),
    env: async () => ({ KUBECONFIG: await withLeasesEverywhere(), MOORAGE_NAMESPACE: '' }),
    text: [
      `${CHOSEN} kubernetes({ deleter }) waits until the cluster deletes the Job of a run, but this user has no permission for Jobs. Without a Job, a later start deletes the Lease of the run together with its namespace.`,
      'Remove deleter, or ask an administrator to run: kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml',
    ].join('\n'),
  },
  'an image that does not exist': {
    source: config(`app: container({ image: '${REGISTRY}/no-such-image:1', ports: { http: 80 } }), other: redis()`),
    text: [
      'moorage: services.app.image: the cluster cannot find image REGISTRY/no-such-image:1.',
      'The registry answered: rpc error: code = NotFound desc = failed to pull and unpack image "REGISTRY/no-such-image:1": failed to resolve reference "REGISTRY/no-such-image:1": REGISTRY/no-such-image:1: not found',
      'Correct the name or the tag. Inspect the pod with: kubectl describe pod RUN-app -n ci',
    ].join('\n'),
  },
  'ports of a machine that is no pod': {
    source: app('hostAccess: [3000]'),
    text: "moorage: services.app.hostAccess is not supported by provider kubernetes: this machine is not a pod of the cluster, so no pod can connect to it.\nRun that service in the cluster as well (npmServer has placement: 'provider'), or run the tests in a pod.",
  },
  'a server beside the tests, on a machine that is no pod': {
    source: `import { container, defineConfig, npmServer } from 'moorage'
const api = npmServer()
export default defineConfig({ services: { api, app: container({ image: 'busybox:1.37', ports: { http: 80 }, env: { API: api.url } }) } })`,
    text: "moorage: services.app uses services.api, which runs on this machine, but provider kubernetes does not support that: this machine is not a pod of the cluster, so no pod can connect to it.\nRun that service in the cluster as well (npmServer has placement: 'provider'), or run the tests in a pod.",
  },
  'an image that is none': {
    source: config("app: container({ image: 'Busy Box:1', ports: { http: 80 } })"),
    code: 2,
    text: "moorage: services.app.image: 'Busy Box:1' is not a valid image name.\nWrite it like postgres:17.",
  },
  'a command that does not exist': {
    source: app("command: ['no-such-program']"),
    text: [
      'moorage: services.app.command: busybox:1.37 cannot run it.',
      'The node reports: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "no-such-program": executable file not found in $PATH: unknown',
      'Correct the command: it must exist inside the image.',
    ].join('\n'),
  },
  'a server that ends at once': {
    source: app("command: ['sh', '-c', 'echo no settings; exit 3']"),
    text: 'moorage: services.app ended with exit code 3 before it was ready.\nIts last log lines show why.\nLast log lines:\n  no settings',
  },
  'a server that opens no port': {
    source: app("command: ['sleep', '100'], deadlines: { ready: 1500 }"),
    text: 'moorage: services.app did not become ready within 1.5 s: nothing listens on port 80 in its pod.\nIf it needs more time, raise services.app.deadlines.ready (milliseconds).',
  },
  'a pod that a policy refuses': {
    source: config("app: container({ image: 'busybox:1.37', ports: { http: 80 } })"),
    env: { KUBECONFIG: kubeconfig('restricted'), MOORAGE_NAMESPACE: 'restricted' },
    text: [
      'moorage: services.app: namespace restricted refuses its pod under the pod security policy restricted:latest: unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true).',
      "Set a numeric user other than root, for example user: '1000:1000', if busybox:1.37 supports it. The policy is a label of the namespace: kubectl get namespace restricted --show-labels",
    ].join('\n'),
  },
  'a quota that wants limits': {
    source: app(''),
    env: { KUBECONFIG: kubeconfig('quota'), MOORAGE_NAMESPACE: 'quota' },
    text: [
      'moorage: services.app: quota quota of namespace quota requires every pod to set limits.memory for: main; requests.cpu for: main.',
      "Set them for all services: kubernetes({ resources: { requests: { cpu: '100m' }, limits: { memory: '512Mi' } } }). Show the quota with: kubectl describe quota quota -n quota",
    ].join('\n'),
  },
  'no node that fits': {
    source: config('cache: redis({ deadlines: { schedule: 2000 } })', "kubernetes({ nodeSelector: { disk: 'none' } })"),
    text: [
      "moorage: services.cache was not scheduled within 2 s: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
      'If it needs more time, raise services.cache.deadlines.schedule (milliseconds).',
    ].join('\n'),
  },
  'odd run ids': {
    source: config('cache: redis()', "kubernetes({ namespace: 'no-such-namespace' })"),
    env: {
      CI: 'true',
      GITHUB_RUN_ID: 'Über/Lauf №1',
      GITHUB_RUN_ATTEMPT: '-2-',
      KUBECONFIG: kubeconfig('admin'),
      MOORAGE_NAMESPACE: '',
    },
    text: 'moorage: Provider kubernetes: namespace no-such-namespace does not exist.\nCreate it, or name another one: kubectl create namespace no-such-namespace',
  },
}

for (const [verb, resource, group] of [
  ['create', 'pods/portforward'],
  ['get', 'pods/log'],
  ['watch', 'pods'],
  ['delete', 'secrets'],
  ['create', 'services'],
  ['patch', 'jobs', '.batch'],
] as const) {
  const user = `testbed-without-${verb}-${resource.replaceAll('/', '-')}`
  const named = `${resource}${group ?? ''}`
  Object.assign(cases, {
    [`without the verb ${verb} on ${resource}`]: {
      env: async () => ({ KUBECONFIG: await withoutVerb(verb, resource) }),
      text: [
        `${CHOSEN} ${user} may not ${verb} ${named} in namespace ci.`,
        `Ask an administrator to run: kubectl create role moorage-more -n ci --verb=${verb} --resource=${named} && kubectl create rolebinding moorage-more -n ci --role=moorage-more --user=${user}`,
      ].join('\n'),
    },
  })
}

test.for(Object.entries(cases))(
  '%s',
  async ([_what, { source = config('cache: redis()'), env = {}, text, code = 1 }], { skip }) => {
    const reason = missing('kubernetes')
    if (reason) skip(reason)
    const variables = typeof env === 'function' ? await env() : env
    using project = openProject({ 'moorage.config.ts': source })
    await using stage = await openStage(project.folder, 'kubernetes')
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), { ...shared, ...variables })
    const end = await child.ended
    expect(said(child.output(), project.folder)).toBe(text)
    expect(end).toEqual({ code, signal: null })
    await stage.clean(5_000)
  },
)

test('a cluster that does not answer', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({ 'moorage.config.ts': config('cache: redis()') })
  const file = join(project.folder, 'unreachable.yaml')
  writeFileSync(
    file,
    readFileSync(kubeconfig('admin'), 'utf8').replace(/"server": ?"[^"]*"/, '"server":"https://127.0.0.1:1"'),
  )
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), { ...shared, KUBECONFIG: file })
  expect(await child.ended).toEqual({ code: 1, signal: null })
  expect(said(child.output(), project.folder)).toBe(
    `${CHOSEN} the Kubernetes API at https://127.0.0.1:1 does not answer: ECONNREFUSED.\nCheck it with: kubectl cluster-info`,
  )
  await stage.clean(2_000)
})

test('a cluster in CI that cannot be used is an error, and no reason to take processes', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({ 'moorage.config.ts': config('cache: redis()') })
  const child = spawnSync(process.execPath, moorage(project.folder, 'exec', '--', 'true').slice(1), {
    cwd: project.folder,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CI: 'true',
      KUBECONFIG: kubeconfig('nobody'),
      NO_COLOR: '1',
    },
  })
  expect(child.status).toBe(1)
  expect(child.stderr).toMatch(
    /^moorage: Provider kubernetes was found but cannot be used: nobody may not create, get, patch, delete jobs\.batch/,
  )
})
