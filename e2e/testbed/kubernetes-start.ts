import { connect } from 'node:net'
import { join } from 'node:path'
import { answers } from './engine.ts'
import { binary } from './go-programs.ts'
import { ask, nodeReady } from './kubernetes-api.ts'
import * as config from './kubernetes-config.ts'
import * as at from './kubernetes-paths.ts'
import { buildctl, buildkitd, coredns, kubernetes } from './kubernetes-programs.ts'
import type { Program } from './programs.ts'

const reachable = (): Promise<boolean> => answers(['ctr', '-a', at.containerdSocket, 'version'])

/** The store alone, for the time of its tidying. */
export const store: Program = {
  name: 'kube-containerd',
  argv: ['containerd', '--config', config.storeFile],
  ready: reachable,
}

/** In start order. Of those that answer over HTTP, 200 is well. */
export const programs = (): Program[] => [
  {
    name: 'kube-containerd',
    argv: ['containerd', '--config', config.containerdFile],
    ready: reachable,
  },
  {
    name: 'buildkitd',
    argv: [binary(buildkitd), '--config', config.buildkitFile, '--addr', `unix://${at.buildkitSocket}`],
    ready: () => answers([binary(buildctl), '--addr', `unix://${at.buildkitSocket}`, 'debug', 'workers']),
  },
  kubernetesProgram('etcd', () => well(`${at.etcdAddress}/health`), {
    'data-dir': at.etcdData,
    'unsafe-no-fsync': 'true',
    'listen-client-urls': at.etcdAddress,
    'advertise-client-urls': at.etcdAddress,
    'listen-peer-urls': at.etcdPeerAddress,
    'initial-advertise-peer-urls': at.etcdPeerAddress,
    'initial-cluster': `default=${at.etcdPeerAddress}`,
  }),
  kubernetesProgram('kube-apiserver', async () => (await ask('/readyz')).status === 200, {
    'etcd-servers': at.etcdAddress,
    'bind-address': at.nodeAddress,
    'advertise-address': at.nodeAddress,
    'secure-port': '6443',
    'tls-cert-file': join(at.pki, 'apiserver.crt'),
    'tls-private-key-file': join(at.pki, 'apiserver.key'),
    'client-ca-file': join(at.pki, 'ca.crt'),
    'service-account-issuer': at.issuer,
    'service-account-key-file': at.serviceAccountKey,
    'service-account-signing-key-file': at.serviceAccountKey,
    'service-cluster-ip-range': at.serviceRange,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'kubelet-client-certificate': join(at.pki, 'apiserver-kubelet.crt'),
    'kubelet-client-key': join(at.pki, 'apiserver-kubelet.key'),
    'kubelet-certificate-authority': join(at.pki, 'ca.crt'),
    // By name, exec and logs and port-forward would fail at its look-up.
    'kubelet-preferred-address-types': 'InternalIP',
  }),
  kubernetesProgram('kube-controller-manager', () => listens(10257), {
    ...client('kube-controller-manager'),
    'bind-address': '127.0.0.1',
    'service-account-private-key-file': at.serviceAccountKey,
    'root-ca-file': join(at.pki, 'ca.crt'),
    'use-service-account-credentials': 'true',
    'flex-volume-plugin-dir': join(at.folder, 'volume-plugins'),
    'leader-elect': 'false',
  }),
  kubernetesProgram('kube-scheduler', () => listens(10259), {
    ...client('kube-scheduler'),
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
  }),
  kubernetesProgram('kubelet', () => nodeReady(at.node), {
    ...client('kubelet'),
    config: config.kubeletFile,
    'hostname-override': at.node,
    'node-ip': at.nodeAddress,
    'root-dir': at.kubeletData,
    'cert-dir': at.pki,
  }),
  kubernetesProgram('kube-proxy', () => well('http://127.0.0.1:10256/healthz'), {
    ...client('kube-proxy'),
    'hostname-override': at.node,
    'cluster-cidr': at.podRange,
    'proxy-mode': 'iptables',
    'healthz-bind-address': '127.0.0.1:10256',
    'metrics-bind-address': '127.0.0.1:10249',
    // The machine's own limits stay as they are.
    'conntrack-max-per-core': '0',
    'conntrack-tcp-timeout-established': '0s',
    'conntrack-tcp-timeout-close-wait': '0s',
    'iptables-localhost-nodeports': 'false',
  }),
  {
    name: 'coredns',
    argv: [binary(coredns), '-conf', config.dnsFile],
    ready: () => well(`http://${at.nodeAddress}:8181/ready`),
  },
]

function kubernetesProgram(name: string, ready: Program['ready'], flags: Record<string, string>): Program {
  const argv = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
  return { name, argv: [binary(kubernetes), name, ...argv], ready, patience: 60 }
}

function client(name: string): Record<string, string> {
  return { kubeconfig: join(at.folder, `${name}.kubeconfig`) }
}

async function well(url: string): Promise<boolean> {
  return (await fetch(url)).ok
}

/** Its certificate is its own and proves nothing; that it listens tells enough. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
