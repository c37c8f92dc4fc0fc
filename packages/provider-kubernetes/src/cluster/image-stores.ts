import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { ImageStore, ImageStores } from '@moorage/core/provider'
import type { List } from '../api/types.ts'
import type { Cluster } from './select-cluster.ts'
import type { KubernetesOptions } from '../options.ts'

interface Node {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly nodeInfo?: {
      readonly operatingSystem: string
      readonly architecture: string
      readonly containerRuntimeVersion: string
    }
  }
}

// Of containerd itself, k3s and RKE2, MicroK8s.
const CONTAINERD_SOCKETS = [
  '/run/containerd/containerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
]
// Where the kubelet's containers are. Source: containerd, docs/cri/architecture.md.
const KUBELET_NAMESPACE = 'k8s.io'

const FIX =
  "To bring images to this cluster, give a registry that its nodes pull from: kubernetes({ registry: 'registry.example/team' }) or MOORAGE_REGISTRY."

/**
 * How an image that was built reaches the nodes: by the registry that the options name, by the tool of a cluster on
 * this machine, or by the containerd of a node that is this machine.
 */
export async function imageStores(
  { client, credentials: { context } }: Pick<Cluster, 'client' | 'credentials'>,
  { options, env }: { readonly options: KubernetesOptions; readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<ImageStores> {
  const listed = await client.call({ method: 'GET', path: '/api/v1/nodes?limit=500', signal })
  const nodes = listed.status === 200 ? ((listed.body as List<Node>).items ?? []) : []
  const infos = nodes.flatMap(({ status }) => status?.nodeInfo ?? [])
  const platforms = [...new Set(infos.map(({ operatingSystem, architecture }) => `${operatingSystem}/${architecture}`))]
  const prefix = options.registry ?? env['MOORAGE_REGISTRY']
  if (prefix) return { stores: [{ kind: 'registry', prefix: prefix.replace(/\/+$/, '') }], platforms }
  const stores = [clusterOfTool(context), localContainerd(nodes, env)].filter((store) => store !== undefined)
  return { stores, platforms, fix: FIX }
}

/** Source: kind, k3d and minikube name the contexts that they write like this. */
function clusterOfTool(context: string): ImageStore | undefined {
  const [, tool, cluster] = context.match(/^(kind|k3d)-(.+)$/) ?? []
  if (tool && cluster) return { kind: 'nodes', tool, cluster }
  return context === 'minikube' ? { kind: 'nodes', tool: 'minikube', cluster: context } : undefined
}

function localContainerd(nodes: readonly Node[], env: NodeJS.ProcessEnv): ImageStore | undefined {
  const [node, ...others] = nodes
  // An image must be where its pod is scheduled.
  if (!node || others.length || !node.status?.nodeInfo?.containerRuntimeVersion.startsWith('containerd:'))
    return undefined
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)))
  if (!node.status.addresses?.some(({ type, address }) => type === 'InternalIP' && own.has(address))) return undefined
  const address = env['CONTAINERD_ADDRESS'] ?? CONTAINERD_SOCKETS.find((path) => existsSync(path))
  return address ? { kind: 'containerd', address, namespace: KUBELET_NAMESPACE } : undefined
}
