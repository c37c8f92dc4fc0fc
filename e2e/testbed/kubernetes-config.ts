import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { registryAddress } from './engine.ts'
import * as at from './kubernetes-paths.ts'

const networks = join(at.folder, 'networks')

/** Without the Kubernetes plug-in, to put the store in order while no kubelet can look. */
export const storeFile: string = join(at.folder, 'store.toml')
export const containerdFile: string = join(at.folder, 'containerd.toml')
export const kubeletFile: string = join(at.folder, 'kubelet.json')
export const dnsFile: string = join(at.folder, 'Corefile')
export const buildkitFile: string = join(at.folder, 'buildkitd.toml')

const store = `root = "${at.containerdRoot}"
state = "${at.containerdState}"
[grpc]
  address = "${at.containerdSocket}"
`

// To lower oom_score_adj takes CAP_SYS_RESOURCE, which a container that carries the bed may lack.
const containerd = `version = 2
${store}[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${at.pauseImage}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    Root = "${join(at.folder, 'runc')}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${networks}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${at.mirrors}"
`

const network = {
  cniVersion: '0.4.0',
  name: at.networkName,
  plugins: [
    {
      type: 'bridge',
      bridge: at.podBridge,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: at.podRange }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(at.folder, 'addresses'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

const kubelet = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: at.nodeAddress,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${at.podGroup}`,
  failSwapOn: false,
  // Version 1 of control groups is what many machines still have.
  failCgroupV1: false,
  containerRuntimeEndpoint: `unix://${at.containerdSocket}`,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: join(at.pki, 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: join(at.pki, 'kubelet.crt'),
  tlsPrivateKeyFile: join(at.pki, 'kubelet.key'),
  clusterDNS: [at.dnsService],
  clusterDomain: 'cluster.local',
  resolvConf: join(at.folder, 'resolv.conf'),
  podLogsDir: join(at.folder, 'pod-logs'),
  volumePluginDir: join(at.folder, 'volume-plugins'),
  evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%', 'memory.available': '100Mi' },
  imageGCHighThresholdPercent: 100,
  serializeImagePulls: false,
  registryPullQPS: 0,
  maxPods: 250,
}

const dns = `.:53 {
    bind ${at.nodeAddress}
    ready ${at.nodeAddress}:8181
    errors
    kubernetes cluster.local in-addr.arpa {
        kubeconfig ${join(at.folder, 'dns.kubeconfig')}
    }
    cache 5
}
`

const buildkit = `root = "${at.buildkitData}"
[otel]
  socketPath = "${at.buildkitSocket}.traces"
[worker.oci]
  enabled = true
  networkMode = "host"
  defaultCgroupParent = "/${at.buildGroup}"
[worker.containerd]
  enabled = false
[registry."docker.io"]
  mirrors = ["${registryAddress}"]
[registry."${registryAddress}"]
  http = true
`

// A namespace of its own keeps pods and these containers apart.
const nerdctl = `address = "${at.containerdSocket}"
namespace = "moorage"
cgroup_manager = "cgroupfs"
cni_path = "/usr/lib/cni"
cni_netconfpath = "${at.nerdctlNetworks}"
data_root = "${at.nerdctlData}"
hosts_dir = ["${at.mirrors}"]
`

/** Writes every program's configuration. */
export async function writeConfiguration(): Promise<void> {
  const url = `http://${registryAddress}`
  const mirror = `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`
  const files = {
    [storeFile]: `version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n${store}`,
    [containerdFile]: containerd,
    [kubeletFile]: JSON.stringify(kubelet, undefined, 2),
    [dnsFile]: dns,
    [buildkitFile]: buildkit,
    [join(networks, '10-moorage.conflist')]: JSON.stringify(network, undefined, 2),
    [join(at.folder, 'resolv.conf')]: '',
    [at.nerdctlConfig]: nerdctl,
    [join(at.mirrors, 'docker.io/hosts.toml')]: mirror,
    [join(at.mirrors, 'mcr.microsoft.com/hosts.toml')]: mirror,
    [join(at.mirrors, 'registry.k8s.io/hosts.toml')]: mirror,
    [join(at.mirrors, registryAddress.replace(':', '_') + '_', 'hosts.toml')]: mirror,
  }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}
