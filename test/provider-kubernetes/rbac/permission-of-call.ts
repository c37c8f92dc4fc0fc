import type { Permission } from '../../../packages/provider-kubernetes/src/rbac/permission-table.ts'

const VERBS: { readonly [method: string]: string } = { POST: 'create', PATCH: 'patch', DELETE: 'delete' }
// Each user may ask these about itself.
const OWN_REVIEWS = /^\/apis\/auth(entic|oriz)ation\.k8s\.io\//

/**
 * The permissions that a call needs; none where every user has them. Source: Kubernetes, "Authorization", request
 * verbs. A WebSocket is a GET, and needs `create` as well from Kubernetes 1.35 on.
 */
export function permissionsOfCall(method: string, url: string): readonly Permission[] {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (OWN_REVIEWS.test(pathname)) return []
  const [, group = '', rest = ''] = /^\/(?:api|apis\/([^/]+))\/v1\/(.*)$/.exec(pathname) ?? []
  const parts = /^namespaces\/[^/]+\/./.test(rest) ? rest.split('/').slice(2) : rest.split('/')
  const [collection = '', name, subresource] = parts
  const resource = subresource === undefined ? collection : `${collection}/${subresource}`
  if (method === 'WEBSOCKET') return ['get', 'create'].map((verb) => ({ verb, group, resource }))
  const read = name !== undefined ? 'get' : searchParams.get('watch') ? 'watch' : 'list'
  return [{ verb: VERBS[method] ?? read, group, resource }]
}
