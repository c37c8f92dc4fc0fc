import type { OptionProblem } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiObject, List } from '../api/types.ts'

const OS_LABEL = 'kubernetes.io/os'
const ARCHITECTURE_LABEL = 'kubernetes.io/arch'
// A short list: it only shows which platforms the cluster has.
const MAX_LISTED_NODES = 500

/** The labels of the nodes that run a platform such as `linux/arm64/v8`. Source: Kubernetes, "Well-Known Labels". */
export function nodePlatform(platform: string | undefined): { readonly [label: string]: string } {
  if (platform === undefined) return {}
  const [os = '', architecture] = platform.split('/')
  return { [OS_LABEL]: os, ...(architecture ? { [ARCHITECTURE_LABEL]: architecture } : {}) }
}

/** Why no node runs the platform; undefined if one does, and where this user may not list nodes. */
export async function platformProblem(client: ApiClient, platform: string): Promise<OptionProblem | undefined> {
  const listed = await client.call({ method: 'GET', path: `/api/v1/nodes?limit=${MAX_LISTED_NODES}` })
  if (listed.status !== 200) return undefined
  const nodes = (listed.body as List<ApiObject>).items ?? []
  const wanted = Object.entries(nodePlatform(platform))
  if (nodes.some(({ metadata: { labels = {} } }) => wanted.every(([name, value]) => labels[name] === value)))
    return undefined
  const found = new Set(
    nodes.map(({ metadata: { labels = {} } }) => `${labels[OS_LABEL] ?? '?'}/${labels[ARCHITECTURE_LABEL] ?? '?'}`),
  )
  return {
    at: 'platform',
    reason: `no node of the cluster runs ${platform}, its nodes run ${[...found].join(', ')}`,
    fix: 'Use an image for the platform of the nodes: kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch.',
  }
}
