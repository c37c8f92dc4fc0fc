import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import type { Kind } from './kind.ts'

/** What changes by itself. Items are `<resource>[.<group>] [<namespace>/]<name> <uid>`. */
const changing: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^events(\.events\.k8s\.io)? /, why: 'the cluster tells of everything, and forgets after an hour' },
  {
    pattern: /^leases\.coordination\.k8s\.io kube-(system|node-lease)\//,
    why: 'its programs and nodes prove that they live',
  },
  { pattern: /^componentstatuses /, why: 'no objects, but questions to programs' },
  {
    pattern:
      /^(role(binding)?s\.rbac\.authorization\.k8s\.io ci\/testbed-without-|clusterrole(binding)?s\.rbac\.authorization\.k8s\.io testbed-with-)/,
    why: 'made for a test by the test bed',
  },
]

interface Config {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string }
  }[]
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string }
  }[]
}

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string }
    readonly versions: readonly {
      readonly version: string
      readonly resources?: readonly { readonly resource: string; readonly verbs: readonly string[] }[]
    }[]
  }[]
}

interface Listed {
  // Go writes an empty list as null.
  readonly items?:
    | readonly {
        readonly metadata: {
          readonly name: string
          readonly namespace?: string
          readonly uid?: string
          readonly deletionTimestamp?: string
        }
      }[]
    | null
}

const discovery = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const metadata = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

/**
 * Every object of a cluster, of every kind that can be listed; nothing is looked up by label. The kubeconfig is the
 * test bed's, in JSON.
 */
export function kubernetesKinds(kubeconfig: string): readonly Kind[] {
  return [{ name: KIND, take: async () => (await objects(kubeconfig)).map(({ item }) => item) }]
}

/**
 * The same without what the cluster is deleting: objects whose deletion, or that of their namespace, it has accepted.
 */
export function liveKubernetesKinds(kubeconfig: string): readonly Kind[] {
  return [
    {
      name: KIND,
      async take() {
        const live = (await objects(kubeconfig)).filter(({ deleted }) => !deleted)
        const namespaces = new Set(live.flatMap(({ kind, name }) => (kind === 'namespaces' ? [name] : [])))
        return live
          .filter(({ namespace }) => namespace === undefined || namespaces.has(namespace))
          .map(({ item }) => item)
      },
    },
  ]
}

const KIND = 'kubernetes object'

interface Found {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  readonly deleted: boolean
  readonly item: string
}

async function objects(kubeconfig: string): Promise<readonly Found[]> {
  const {
    clusters: [place],
    users: [who],
  } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Config
  if (!place || !who) throw new RangeError(`${kubeconfig}: no cluster or no user`)
  const decoded = (text: string): Buffer => Buffer.from(text, 'base64')
  const session = connect(place.cluster.server, {
    ca: decoded(place.cluster['certificate-authority-data']),
    cert: decoded(who.user['client-certificate-data']),
    key: decoded(who.user['client-key-data']),
  })
  const broken = new Promise<never>((_, fail) => session.once('error', fail))
  try {
    return await Promise.race([listAll(session), broken])
  } finally {
    session.close()
  }
}

async function listAll(session: ClientHttp2Session): Promise<readonly Found[]> {
  const found = (await Promise.all(['/api', '/apis'].map((path) => get<Discovery>(session, path, discovery)))).flatMap(
    ({ items }) => items,
  )
  const lists = found.flatMap(({ metadata: { name: group = '' }, versions }) => {
    const seen = new Set<string>()
    // The preferred version comes first; an object is the same one in all.
    return versions.flatMap(({ version, resources = [] }) =>
      resources.flatMap(({ resource, verbs }) => {
        if (!verbs.includes('list') || seen.has(resource)) return []
        seen.add(resource)
        const kind = group ? `${resource}.${group}` : resource
        const base = group ? `/apis/${group}` : '/api'
        return changing.some(({ pattern }) => pattern.test(`${kind} `))
          ? []
          : [{ kind, path: `${base}/${version}/${resource}` }]
      }),
    )
  })
  const items = await Promise.all(
    lists.map(async ({ kind, path }) => {
      const { items } = await get<Listed>(session, path, metadata)
      return (items ?? []).map(({ metadata: { name, namespace, uid = '-', deletionTimestamp } }) => ({
        kind,
        name,
        namespace,
        deleted: deletionTimestamp !== undefined,
        item: `${kind} ${namespace ? `${namespace}/` : ''}${name} ${uid}`,
      }))
    }),
  )
  return items.flat().filter(({ item }) => !changing.some(({ pattern }) => pattern.test(item)))
}

function get<T>(session: ClientHttp2Session, path: string, accept: string): Promise<T> {
  return new Promise((done, fail) => {
    const call = session.request({ ':path': path, accept })
    let status = 0
    let body = ''
    call.once('response', (headers) => (status = headers[':status'] ?? 0))
    call.setEncoding('utf8').on('data', (text: string) => (body += text))
    call.once('error', fail).once('end', () => {
      // A kind that went between the two questions has no objects.
      if (status === 200 || status === 404) done((status === 200 ? JSON.parse(body) : {}) as T)
      else fail(new RangeError(`${path}: ${status} ${body}`))
    })
    call.end()
  })
}
