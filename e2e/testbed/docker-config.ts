import { join } from 'node:path'
import { registryAddress, socket } from './engine.ts'
import { cache, controlGroup, runtime } from './paths.ts'

export const bridge = 'moorage0'
export const bridgeAddress = '10.212.0.1/20'

/** How an address of the bridge or of the pool below looks in a rule. */
export const addresses = '10[.]212[.][0-9.]+'

/** The engine's data: images stay from bed to bed, everything else is removed. */
export const engineData: string = join(cache, 'engine')

export const containerdSocket: string = join(runtime, 'docker-containerd.sock')
export const containerdFile: string = join(runtime, 'docker-containerd.toml')
const containerdRoot = join(runtime, 'docker-containerd-root')
const containerdState = join(runtime, 'docker-containerd')

export const containerdConfig: string = `version = 2
root = "${containerdRoot}"
state = "${containerdState}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${containerdSocket}"
`

export const registryFile: string = join(runtime, 'registry.yml')
export const registryData: string = join(cache, 'registry')

export const registryConfig: string = `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: "${registryData}"}, delete: {enabled: true}}
http: {addr: "${registryAddress}"}
`

export const engineFile: string = join(runtime, 'dockerd.json')
const engineState = join(runtime, 'engine')

export const engineConfig: string = JSON.stringify(
  {
    'data-root': engineData,
    'exec-root': engineState,
    pidfile: join(runtime, 'engine.pid'),
    'deprecated-key-path': join(runtime, 'engine-key.json'),
    hosts: [socket],
    containerd: containerdSocket,
    bridge,
    'default-address-pools': [{ base: '10.212.128.0/17', size: 24 }],
    'registry-mirrors': [`http://${registryAddress}`],
    'storage-driver': 'overlay2',
    'cgroup-parent': `/${controlGroup}/containers`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
  },
  undefined,
  2,
)

/** Of no use to an engine that starts again. */
export const runtimeFolders: string[] = [containerdRoot, containerdState, engineState]
