import type { ContainerSettings } from '@moorage/core'
import { describe, expect, test } from 'vitest'
import type { KubernetesOptions } from '../../../packages/provider-kubernetes/src/options.ts'
import { podFolders } from '../../../packages/provider-kubernetes/src/pod/prepare-folders.ts'
import type { PodManifestInput } from '../../../packages/provider-kubernetes/src/pod/manifest-input.ts'
import type { Preparation } from '../../../packages/provider-kubernetes/src/pod/preparing-container.ts'
import { podManifest } from '../../../packages/provider-kubernetes/src/pod/manifest.ts'

interface Manifest {
  readonly metadata: { readonly labels: Fields; readonly annotations: Fields }
  readonly spec: Fields & { readonly containers: readonly [Fields]; readonly initContainers?: readonly Fields[] }
}
type Fields = { readonly [field: string]: unknown }

interface Circumstances {
  readonly options?: KubernetesOptions
  readonly nameservers?: readonly string[]
  readonly hostAddress?: string
  readonly preparation?: Preparation
  readonly spec?: PodManifestInput['spec']
}

function manifest(
  settings: ContainerSettings,
  { options = {}, nameservers, hostAddress, preparation = 'before', spec }: Circumstances = {},
): Manifest {
  const container = { image: 'x:1', ...settings }
  const input: PodManifestInput = {
    run: { id: 'r', labels: { 'moorage.run': 'r' } } as unknown as PodManifestInput['run'],
    spec: spec ?? { name: 'db', ports: { main: 80 }, env: {}, sensitive: [], container },
    name: 'db',
    namespace: 'ci',
    owner: {},
    options,
    delivery: { secrets: [], volumes: [], mounts: [] },
    folders: podFolders(container),
    preparation,
    envSecret: undefined,
    pullSecret: undefined,
    dns: { domain: 'cluster.local', ...(nameservers ? { nameservers } : {}) },
    hostAddress,
  }
  return podManifest(input) as Manifest
}

const pod = (settings: ContainerSettings, given?: Circumstances): Fields => manifest(settings, given).spec
const main = (settings: ContainerSettings, given?: Circumstances): Fields =>
  manifest(settings, given).spec.containers[0]
const security = (settings: ContainerSettings): Fields => main(settings)['securityContext'] as Fields
const script = ({ spec: { initContainers = [] } }: Manifest): string | undefined =>
  (initContainers[0]?.['command'] as readonly string[] | undefined)?.[2]

test('a reference such as $(NAME) in a command or a variable stays as it is written', () => {
  const spec = { name: 'db', ports: {}, env: { A: '$(B) $$(C) ${D}' }, sensitive: [] }
  const unit = { image: 'x:1', command: ['echo', '$(HOME)'], entrypoint: ['sh', '-c', '$(date)'] }
  // `$$` stands for one `$`.
  expect(main({}, { spec: { ...spec, container: unit } })).toMatchObject({
    command: ['sh', '-c', '$$(date)'],
    args: ['echo', '$$(HOME)'],
    env: [{ name: 'A', value: '$$(B) $$$$(C) $${D}' }],
  })
})

describe('what each setting becomes in a pod', () => {
  test('user and groups', () => {
    expect(pod({ user: '999:50', groups: ['7', 'root'] })['securityContext']).toEqual({
      seccompProfile: { type: 'RuntimeDefault' },
      runAsUser: 999,
      runAsGroup: 50,
      fsGroup: 50,
      runAsNonRoot: true,
      supplementalGroups: [7, 0],
    })
    expect(pod({ user: 'root' })['securityContext']).toMatchObject({ runAsUser: 0, runAsGroup: 0 })
    expect(pod({ user: 'root' })['securityContext']).not.toHaveProperty('runAsNonRoot')
  })

  test('a host name replaces the one of the service, which stays as a further name', () => {
    expect(pod({})['hostname']).toBe('db')
    const { metadata, spec } = manifest({
      hostName: 'Primary',
      aliases: ['mysql', 'db'],
      networks: { back: { aliases: ['store'] } },
    })
    expect(spec['hostname']).toBe('primary')
    expect(Object.keys(metadata.labels).filter((name) => name.startsWith('moorage.alias/'))).toEqual([
      'moorage.alias/db',
      'moorage.alias/mysql',
      'moorage.alias/store',
    ])
  })

  test('a label that Kubernetes does not accept is an annotation', () => {
    const long = 'a'.repeat(80)
    const { labels, annotations } = manifest({
      labels: {
        team: 'payments',
        'com.example/rule': 'Host(`a`)',
        text: long,
        'no valid/name/at all': '1',
        '': '2',
      },
    }).metadata
    expect(labels).toMatchObject({ team: 'payments', 'moorage.run': 'r', 'moorage.service': 'db' })
    expect(annotations).toMatchObject({
      'com.example/rule': 'Host(`a`)',
      text: long,
      'moorage.labels': '{"no valid/name/at all":"1","":"2"}',
    })
    expect(Object.keys(labels)).not.toContain('text')
  })

  test('a label cannot replace what moorage finds its pods by', () => {
    const { labels } = manifest({ labels: { 'moorage.run': 'other', 'sidecar.istio.io/inject': 'true' } }).metadata
    expect(labels).toMatchObject({ 'moorage.run': 'r', 'sidecar.istio.io/inject': 'true' })
  })

  test('no autoscaler moves a pod, unless the config allows it', () => {
    expect(manifest({}).metadata.annotations).toMatchObject({
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      'karpenter.sh/do-not-disrupt': 'true',
    })
  })

  test('further hosts beside the access to this machine', () => {
    expect(pod({ extraHosts: { 'api.example': '192.0.2.7' } }, { hostAddress: '10.0.0.1' })['hostAliases']).toEqual([
      { ip: '10.0.0.1', hostnames: ['host.moorage.internal'] },
      { ip: '192.0.2.7', hostnames: ['api.example'] },
    ])
    expect(pod({})).not.toHaveProperty('hostAliases')
  })

  test('name resolution comes after the names of the run', () => {
    const dns = { servers: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], search: ['example'], options: ['ndots:2', 'edns0'] }
    expect(pod({ dns })['dnsConfig']).toEqual({
      nameservers: ['192.0.2.1', '192.0.2.2'],
      searches: ['r.ci.svc.cluster.local', 'example'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    })
    expect(pod({ dns }, { nameservers: ['10.96.0.10'] })).toMatchObject({
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['10.96.0.10', '192.0.2.1', '192.0.2.2'],
        searches: ['r.ci.svc.cluster.local', 'ci.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    })
  })

  test('folders in memory, with a size and a mode', () => {
    const all = manifest({ tmpfs: ['/a/', { path: '/b', sizeBytes: 1024, mode: 0o700 }, { path: '/c', mode: 0o1777 }] })
    expect(all.spec['volumes']).toEqual([
      { name: 'tmpfs-0', emptyDir: { medium: 'Memory' } },
      { name: 'tmpfs-1', emptyDir: { medium: 'Memory', sizeLimit: '1024' } },
      { name: 'tmpfs-2', emptyDir: { medium: 'Memory' } },
    ])
    expect(all.spec.containers[0]['volumeMounts']).toEqual([
      { name: 'tmpfs-0', mountPath: '/a' },
      { name: 'tmpfs-1', mountPath: '/b', subPath: 'content' },
      { name: 'tmpfs-2', mountPath: '/c' },
    ])
    expect(script(all)).toBe(
      'set -e\nmkdir -p /moorage/folders/tmpfs-1/content\nchmod 700 /moorage/folders/tmpfs-1/content',
    )
  })

  test('a named volume starts with the content of the image, and keeps the name in both of its places', () => {
    const all = manifest({ volumes: { '/data': { volume: 'v' }, '/again': { volume: 'v', readOnly: true } } })
    expect(all.spec['volumes']).toEqual([{ name: 'volume-0', emptyDir: {} }])
    expect(all.spec.containers[0]['volumeMounts']).toEqual([
      { name: 'volume-0', mountPath: '/data', subPath: 'content' },
      { name: 'volume-0', mountPath: '/again', subPath: 'content', readOnly: true },
    ])
    expect(script(all)).toContain("cp -a '/data/.' /moorage/folders/volume-0/content/")
    const unprepared = manifest({ volumes: { '/data': { volume: 'v' } } }, { preparation: 'none' })
    expect(unprepared.spec).not.toHaveProperty('initContainers')
    expect(unprepared.spec.containers[0]['volumeMounts']).toEqual([{ name: 'volume-0', mountPath: '/data' }])
  })

  test('/dev/shm is one folder in memory, whichever setting asks for it', () => {
    expect(pod({ shmSizeBytes: 4096 })['volumes']).toEqual([
      { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '4096' } },
    ])
    expect(pod({ shmSizeBytes: 4096, tmpfs: ['/dev/shm'] })['volumes']).toEqual([
      { name: 'tmpfs-0', emptyDir: { medium: 'Memory', sizeLimit: '4096' } },
    ])
  })

  test('a limit reserves little; what is reserved is a request; both come before the options of the provider', () => {
    expect(main({ resources: { cpus: 1.5, memoryBytes: 2 ** 30 } })['resources']).toEqual({
      limits: { cpu: '1500m', memory: '1073741824' },
      requests: { cpu: '100m', memory: '134217728' },
    })
    const options = { resources: { limits: { memory: '1Gi' }, requests: { memory: '64Mi' } } }
    expect(main({ resources: { cpus: 0.05, reservedMemoryBytes: 1024 } }, { options })['resources']).toEqual({
      limits: { memory: '1Gi', cpu: '50m' },
      requests: { cpu: '50m', memory: '1024' },
    })
    const reserving = { resources: { requests: { cpu: '1', memory: '512Mi' } } }
    expect(main({ resources: { memoryBytes: 2 ** 26 } }, { options: reserving })['resources']).toEqual({
      limits: { memory: '67108864' },
      requests: { cpu: '1', memory: '67108864' },
    })
    expect(main({})['resources']).toEqual({})
  })

  test('capabilities: all are dropped without root, apart from those that are added', () => {
    expect(security({})).toEqual({ allowPrivilegeEscalation: false })
    expect(security({ user: '1' })).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
    expect(security({ user: '1', capabilities: { add: ['cap_net_admin'], drop: ['CHOWN'] } })).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    })
    expect(security({ capabilities: { drop: ['CAP_CHOWN'] } })).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['CHOWN'] },
    })
  })

  test('privileges that the API accepts only together with escalation', () => {
    expect(security({ privileged: true, user: '1' })).toEqual({ privileged: true })
    expect(security({ capabilities: { add: ['SYS_ADMIN'] } })).toEqual({ capabilities: { add: ['SYS_ADMIN'] } })
  })

  test('options of security', () => {
    expect(security({ securityOptions: ['no-new-privileges:true', 'seccomp=unconfined'] })).toEqual({
      allowPrivilegeEscalation: false,
      seccompProfile: { type: 'Unconfined' },
    })
    expect(security({ securityOptions: ['no-new-privileges:false'] })).toEqual({ allowPrivilegeEscalation: true })
    expect(
      security({ securityOptions: ['apparmor=docker-default', 'label:type:svirt_t', 'label=level:s0:c1'] }),
    ).toMatchObject({
      appArmorProfile: { type: 'RuntimeDefault' },
      seLinuxOptions: { type: 'svirt_t', level: 's0:c1' },
    })
    expect(security({ securityOptions: ['label=disable', 'apparmor=mine'] })).toMatchObject({
      appArmorProfile: { type: 'Localhost', localhostProfile: 'mine' },
      seLinuxOptions: { type: 'spc_t' },
    })
  })

  test('namespaces of the node, and a process 1 that reaps', () => {
    expect(pod({ pidMode: 'host', ipcMode: 'host', init: true })).toMatchObject({ hostPID: true, hostIPC: true })
    expect(pod({ pidMode: 'host', init: true })).not.toHaveProperty('shareProcessNamespace')
    expect(pod({ init: true })).toMatchObject({ shareProcessNamespace: true })
    expect(pod({ ipcMode: 'shareable' })).not.toHaveProperty('hostIPC')
  })

  test('kernel parameters, a read-only root, a terminal and an open input', () => {
    expect(pod({ sysctls: { 'net.ipv4.tcp_syncookies': '1' } })['securityContext']).toMatchObject({
      sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
    })
    expect(security({ readOnlyRoot: true })).toMatchObject({ readOnlyRootFilesystem: true })
    expect(main({ tty: true, stdin: true })).toMatchObject({ tty: true, stdin: true })
  })

  test('the stop signal is sent before the one of the image', () => {
    const command = (settings: ContainerSettings): string =>
      (main(settings)['lifecycle'] as { preStop: { exec: { command: string[] } } }).preStop.exec.command[2] as string
    expect(command({ stopSignal: 'SIGQUIT' })).toContain('main=1; kill -s QUIT $main')
    expect(command({ stopSignal: 'SIGQUIT', init: true })).toContain('for d in /proc/[0-9]*')
    expect(main({})).not.toHaveProperty('lifecycle')
    expect(pod({ stopGrace: 7 })).toMatchObject({ terminationGracePeriodSeconds: 7 })
  })

  test('the restart policy', () => {
    const policies = [{}, { restart: 'always' }, { restart: 'on-failure' }, { restart: 'unless-stopped' }] as const
    expect(policies.map((settings) => pod(settings)['restartPolicy'])).toEqual([
      'Never',
      'Always',
      'OnFailure',
      'Always',
    ])
  })

  test('a platform selects its nodes, beside the options of the provider', () => {
    expect(pod({ platform: 'linux/arm64/v8' }, { options: { nodeSelector: { pool: 'ci' } } })).toMatchObject({
      nodeSelector: { pool: 'ci', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' },
    })
    expect(pod({})).not.toHaveProperty('nodeSelector')
  })

  test('the pull policy and UDP ports', () => {
    expect(
      [main({}), main({ pull: 'always' }), main({ pull: 'never' })].map((each) => each['imagePullPolicy']),
    ).toEqual(['IfNotPresent', 'Always', 'Never'])
    expect(main({ udpPorts: { dns: 53 } })['ports']).toEqual([
      { containerPort: 80 },
      { containerPort: 53, protocol: 'UDP' },
    ])
  })

  test('the init container has neither the hooks nor the terminal of the main container', () => {
    const [init] = manifest({ tty: true, stopSignal: 'SIGINT', volumes: { '/v': { volume: 'v' } } }).spec
      .initContainers as [Fields]
    expect(init).toMatchObject({ name: 'files', image: 'x:1', args: [], env: [], ports: [] })
    expect(Object.keys(init)).not.toEqual(expect.arrayContaining(['tty']))
    expect(Object.keys(init)).not.toEqual(expect.arrayContaining(['lifecycle']))
  })
})
