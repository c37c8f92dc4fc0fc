import { join } from 'node:path'
import { registryAddress } from './engine.ts'
import { binary } from './go-programs.ts'
import { pause } from './kubernetes-programs.ts'
import { cache, controlGroup, runtime } from './paths.ts'

/** Gives the node an address that pods reach and nothing outside can. */
export const nodeBridge = 'moorage1'
export const nodeAddress = '10.213.0.1'
export const podBridge = 'moorage2'
export const podRange = '10.213.128.0/17'
/** The first of the range, as the network plug-in counts. */
export const podGateway = '10.213.128.1/17'
export const serviceRange = '10.213.64.0/20'
const apiService = '10.213.64.1'
export const dnsService = '10.213.64.10'

/** How an address or a bridge of the above looks in a rule. */
export const marks = `10[.]213[.][0-9.]+|${nodeBridge}|${podBridge}`

export const node = 'testbed'
export const server: string = `https://${nodeAddress}:6443`
export const serverNames: string = ['127.0.0.1', nodeAddress, apiService]
  .map((each) => `IP:${each}`)
  .concat(['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((each) => `DNS:${each}`))
  .join(',')

export const folder: string = join(runtime, 'kubernetes')
export const pki: string = join(folder, 'pki')
export const kubeconfigs: string = join(folder, 'kubeconfigs')
export const issuer = 'https://kubernetes.default.svc'
export const serviceAccountKey: string = join(pki, 'service-accounts.key')

/** Memory, since etcd waits for the disk at every write; by a name of its own where /dev is shared. */
export const etcdData: string = `/dev/shm/${controlGroup}-etcd`
export const etcdAddress = 'http://127.0.0.1:23790'
export const etcdPeerAddress = 'http://127.0.0.1:23800'

const data = join(cache, 'kubernetes')
/** The only data that outlive the part: images, unpacked. */
export const containerdRoot: string = join(data, 'containerd')
/** Volumes of pods can be too large for /run. */
export const kubeletData: string = join(data, 'kubelet')
export const buildkitData: string = join(data, 'buildkit')
export const podGroup: string = `${controlGroup}/pods`
export const buildGroup: string = `${controlGroup}/builds`
/** Compiled into the kubelet and the network plug-ins. */
export const podLogLinks = '/var/log/containers'
export const networkResults = '/var/lib/cni/results'
export const networkName: string = controlGroup

export const containerdSocket: string = join(runtime, 'kube-containerd.sock')
export const containerdState: string = join(runtime, 'kube-containerd')
export const buildkitSocket: string = join(runtime, 'buildkitd.sock')
export const mirrors: string = join(folder, 'mirrors')
/** The configuration file of nerdctl, and its networks and volumes. */
export const nerdctlConfig: string = join(folder, 'nerdctl.toml')
export const nerdctlNetworks: string = join(folder, 'nerdctl-networks')
export const nerdctlData: string = join(folder, 'nerdctl')
/** The bridge of nerdctl's default network, which builds use. */
export const nerdctlBridge = 'nerdctl0'
/** Holds the namespaces of a pod; the registry has it beside the stand-in images. */
export const pauseImage = `${registryAddress}/kubernetes/pause:${binary(pause).split('-').at(-1)}`

/** The file that lets a user of the bed, or one of its programs, speak to the API server. */
export function kubeconfigOf(user: string): string {
  return join(kubeconfigs, `${user}.yaml`)
}
