import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import type { Cluster } from '../../../packages/provider-kubernetes/src/cluster/select-cluster.ts'
import { imageStores } from '../../../packages/provider-kubernetes/src/cluster/image-stores.ts'

const [ownAddress = ''] = Object.values(networkInterfaces()).flatMap((each) =>
  (each ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
)
const { signal } = new AbortController()

/** A node as the API server describes it. */
function node(address: string, architecture = 'amd64', runtime = 'containerd://1.7'): object {
  return {
    status: {
      addresses: [{ type: 'InternalIP', address }],
      nodeInfo: { operatingSystem: 'linux', architecture, containerRuntimeVersion: runtime },
    },
  }
}

async function storesOf(
  context: string,
  nodes: readonly object[] | 403,
  registry?: string,
): ReturnType<typeof imageStores> {
  const answer = nodes === 403 ? { status: 403, body: {} } : { status: 200, body: { items: nodes } }
  const client = { call: () => Promise.resolve(answer) } as unknown as ApiClient
  const cluster = { client, credentials: { context } as Cluster['credentials'] }
  const options = registry === undefined ? {} : { registry }
  return await imageStores(cluster, { options, env: { CONTAINERD_ADDRESS: '/run/c.sock' } }, signal)
}

test.each<[string, string, readonly object[] | 403, string | undefined, object]>([
  [
    'a registry',
    'kind-dev',
    [node('192.0.2.1')],
    'registry.example/team/',
    { kind: 'registry', prefix: 'registry.example/team' },
  ],
  ['kind', 'kind-dev', [node('192.0.2.1')], undefined, { kind: 'nodes', tool: 'kind', cluster: 'dev' }],
  ['k3d', 'k3d-my-cluster', [node('192.0.2.1')], undefined, { kind: 'nodes', tool: 'k3d', cluster: 'my-cluster' }],
  ['minikube', 'minikube', 403, undefined, { kind: 'nodes', tool: 'minikube', cluster: 'minikube' }],
  [
    'a node that is this machine',
    'default',
    [node(ownAddress)],
    undefined,
    { kind: 'containerd', address: '/run/c.sock', namespace: 'k8s.io' },
  ],
])('images reach the cluster by %s', async (_, context, nodes, registry, store) => {
  expect((await storesOf(context, nodes, registry)).stores).toEqual([store])
})

test.each<[string, readonly object[] | 403]>([
  ['a node elsewhere', [node('192.0.2.1')]],
  ['a second node', [node(ownAddress), node('192.0.2.1')]],
  ['another runtime', [node(ownAddress, 'amd64', 'cri-o://1.30')]],
  ['nodes that this user may not list', 403],
])('without a registry there is no way to %s, and the fix is named', async (_, nodes) => {
  expect(await storesOf('default', nodes)).toMatchObject({
    stores: [],
    fix: "To bring images to this cluster, give a registry that its nodes pull from: kubernetes({ registry: 'registry.example/team' }) or MOORAGE_REGISTRY.",
  })
})

test('the platforms are those of all nodes', async () => {
  const { platforms } = await storesOf('default', [node('192.0.2.1'), node('192.0.2.2', 'arm64'), node('192.0.2.3')])
  expect(platforms).toEqual(['linux/amd64', 'linux/arm64'])
})
