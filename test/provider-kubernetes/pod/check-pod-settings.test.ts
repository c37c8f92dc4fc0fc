import type { ContainerSettings } from '@moorage/core'
import { describe, expect, test } from 'vitest'
import { checkService } from '../../../packages/provider-kubernetes/src/pod/check-pod-settings.ts'
import type { Cluster } from '../../../packages/provider-kubernetes/src/cluster/select-cluster.ts'
import { SettingNotices } from '../../../packages/provider-kubernetes/src/pod/setting-notices.ts'
import { startApiStub } from '../api-stub.ts'

type Settings = { readonly [service: string]: ContainerSettings }

function checkOf(given: Settings, cluster?: Cluster): ReturnType<typeof checkService> {
  const services = Object.fromEntries(
    Object.entries(given).map(([name, settings]) => [
      name,
      { preset: 'container', ports: {}, container: { image: 'x', connection: {}, ...settings } },
    ]),
  )
  return checkService({ service: Object.keys(given)[0] as string, services, cluster })
}

test.each<[settings: ContainerSettings, problem: string]>([
  [
    { user: 'postgres' },
    "user: 'postgres' is not numeric, and only an image knows the numbers of its names. Write 'uid' or 'uid:gid', for example '999:999'. The image shows them with: id NAME.",
  ],
  [
    { groups: ['7', 'audio'] },
    "groups[1]: 'audio' is not numeric, and only an image knows the numbers of its names. Write the number of the group. The image shows it with: getent group NAME.",
  ],
  [
    { aliases: ['my_db'] },
    "aliases[0]: pods cannot resolve 'my_db': a name in a cluster has at most 63 letters, digits and dashes. Use such a name, and use it in the services that refer to this one.",
  ],
  [
    { networks: { back: { aliases: ['a', 'db.internal'] } } },
    "networks.back.aliases[1]: pods cannot resolve 'db.internal': a name in a cluster has at most 63 letters, digits and dashes. Use such a name, and use it in the services that refer to this one.",
  ],
  [{ labels: { 'moorage.run': 'x' } }, "labels['moorage.run']: moorage sets this label itself. Choose another name."],
  [
    { extraHosts: { host: 'host-gateway' } },
    "extraHosts['host']: a pod has no gateway to this machine. Use hostAccess: true and the name host.moorage.internal instead.",
  ],
  [
    { extraHosts: { my_host: '192.0.2.1' } },
    "extraHosts['my_host']: the host name is not valid in a pod: it consists of lower-case letters, digits, dashes and dots. Use such a name.",
  ],
  [
    { resources: { pids: 50 } },
    'resources.pids: the nodes of a cluster set the limit of processes for all pods. Remove it, or run the service with provider docker.',
  ],
  [
    { devices: ['/dev/kvm'] },
    "devices: a pod gets a device of its node only from a device plugin. Request the plugin's resource: kubernetes({ resources: { limits: { 'vendor.example/device': 1 } } }), or run the service with provider docker.",
  ],
  [
    { sysctls: { 'net.ipv4.tcp_syncookies': '1', 'net.core.somaxconn': '1024' } },
    "sysctls['net.core.somaxconn']: nodes refuse a pod with a kernel parameter that Kubernetes does not call safe. Remove it, set it on the nodes, or run the service with provider docker.",
  ],
  [
    { ulimits: { nofile: { soft: 1, hard: 1 } } },
    "ulimits: a pod has no such limits, only those of its container runtime. Lower a limit in the command, as in ['sh', '-c', 'ulimit -n 1024; exec my-server'], or run the service with provider docker.",
  ],
  [
    { securityOptions: ['no-new-privileges', 'seccomp=/etc/profile.json'] },
    "securityOptions[1]: a pod can use the profile '/etc/profile.json' only where an administrator has copied it to every node. Use seccomp:unconfined or seccomp:builtin, or remove it.",
  ],
  [
    { securityOptions: ['systempaths=unconfined'] },
    "securityOptions[0]: a pod has no counterpart of the option 'systempaths'. Remove it, or run the service with provider docker.",
  ],
  [{ ipcMode: 'none' }, "ipcMode: a pod always has /dev/shm. Use 'private', or run the service with provider docker."],
])('%j is refused by its name, with the reason and an alternative', async (settings, problem) => {
  const [first, ...more] = await checkOf({ db: settings })
  expect(`${first?.at}: ${first?.reason}. ${first?.fix}`).toBe(problem)
  expect(more).toEqual([])
})

test('a volume of one service is honoured, and one that services share is refused', async () => {
  const volumes = { '/data': { volume: 'v' } }
  expect(await checkOf({ db: { volumes }, web: { volumes: { '/data': { volume: 'w' } } } })).toEqual([])
  expect(await checkOf({ db: { volumes }, web: { volumes: { '/x': { volume: 'v' } } } })).toEqual([
    {
      at: "volumes['/data']",
      reason:
        "services.web uses volume 'v' too, and pods cannot share a folder on every cluster: each may be on another node",
      fix: 'Copy the content into each of them with files, let the services exchange it over the network, or run them with provider docker.',
    },
  ])
})

test('a host name that leads to another service is refused', async () => {
  expect(await checkOf({ api: { hostName: 'DB' }, db: {} })).toEqual([
    {
      at: 'hostName',
      reason: 'services.db has the same name, and the other pods reach a pod by its host name',
      fix: 'Choose another host name, or omit it.',
    },
  ])
  expect(await checkOf({ db: { hostName: 'db' }, api: {} })).toEqual([])
})

describe('on a cluster', () => {
  const node = (architecture: string): object => ({
    metadata: { labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': architecture } },
  })
  const clusterOf = (client: Cluster['client'], mode: 'create' | 'shared'): Cluster =>
    ({ client, policy: { mode, namespace: 'ci', liveness: 'job' } }) as unknown as Cluster

  test('a platform that no node runs is refused, where nodes can be listed', async () => {
    await using stub = await startApiStub(() => ({ status: 200, body: { items: [node('amd64'), node('amd64')] } }))
    const cluster = clusterOf(stub.client, 'create')
    expect(await checkOf({ db: { platform: 'linux/amd64/v2' } }, cluster)).toEqual([])
    expect(await checkOf({ db: { platform: 'linux/arm64' } }, cluster)).toEqual([
      {
        at: 'platform',
        reason: 'no node of the cluster runs linux/arm64, its nodes run linux/amd64',
        fix: 'Use an image for the platform of the nodes: kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch.',
      },
    ])
    await using denied = await startApiStub(() => ({ status: 403, body: { kind: 'Status' } }))
    expect(await checkOf({ db: { platform: 'linux/arm64' } }, clusterOf(denied.client, 'create'))).toEqual([])
  })

  test('further names in a shared namespace need a permission, and one namespace per run needs none', async () => {
    let allowed = false
    await using stub = await startApiStub(({ path }) => ({
      status: 201,
      body: path.includes('selfsubjectreviews')
        ? { status: { userInfo: { username: 'ann' } } }
        : { status: { allowed } },
    }))
    const [problem] = await checkOf({ db: { aliases: ['mysql'] } }, clusterOf(stub.client, 'shared'))
    expect(problem).toEqual({
      at: 'aliases',
      reason:
        'in namespace ci, which runs share, further names of a pod need an EndpointSlice, and ann may not create endpointslices.discovery.k8s.io',
      fix: 'Use services.db by its own name, or let an administrator run: kubectl apply -n ci -f node_modules/moorage/kubernetes-role.yaml.',
    })
    expect(await checkOf({ db: { hostName: 'primary' } }, clusterOf(stub.client, 'shared'))).toMatchObject([
      { at: 'hostName' },
    ])
    expect(await checkOf({ db: { aliases: ['db'] } }, clusterOf(stub.client, 'shared'))).toEqual([])
    expect(await checkOf({ db: { aliases: ['mysql'] } }, clusterOf(stub.client, 'create'))).toEqual([])
    allowed = true
    expect(await checkOf({ db: { aliases: ['mysql'] } }, clusterOf(stub.client, 'shared'))).toEqual([])
  })
})

test('what means less in a pod is a notice, once in a run', () => {
  const lines: string[] = []
  const notices = new SettingNotices({ notice: (text) => void lines.push(text) })
  const add = (service: string, settings: ContainerSettings, isRestart = false): void =>
    notices.add(service, { image: 'x', ...settings }, { isRestart })
  add('web', { networks: { front: {} }, volumes: { '/data': { volume: 'v' } } })
  expect(lines).toEqual([])
  add('db', { networks: { back: {} }, logOptions: { 'max-size': '1m' }, dns: { servers: ['192.0.2.1'] } })
  add('api', { networks: { back: {} }, logOptions: { 'max-size': '1m' }, dns: { servers: ['192.0.2.1'] } })
  add('web', { volumes: { '/data': { volume: 'v' } } }, true)
  expect(lines).toEqual([
    'services.db.networks: the services of a run share one network on Kubernetes, so those of different networks can reach each other.',
    'services.db.logOptions has no effect on Kubernetes, here and in other services: the nodes decide how logs are kept.',
    'services.db.dns.servers: a pod asks the DNS server of the cluster first, and these only if it does not answer; at most 3 servers in all.',
    'services.web.volumes: on Kubernetes, they are empty again after a restart.',
  ])
})
