import type { Run } from '@moorage/core'
import type { Cluster, NamespaceMode } from '../../packages/provider-kubernetes/src/cluster/select-cluster.ts'
import type { ApiRequest, ApiResponse } from '../../packages/provider-kubernetes/src/api/types.ts'
import { runLabels, OWNER_ANNOTATION, RUN_LABEL } from '../../packages/provider-kubernetes/src/labels.ts'
import { reap } from '../../packages/provider-kubernetes/src/reap.ts'
import { Refusals, type Engine, type Foreign } from './engine.ts'

interface Item {
  readonly uid: string
  readonly labels: { readonly [name: string]: string }
  readonly annotations: { readonly [name: string]: string }
  readonly created: number
}

type Looks = Pick<Item, 'labels' | 'annotations'>

const HOUR = 3_600_000

/**
 * A fake: namespaces and Jobs behind the API client, with UIDs, preconditions and the cluster's own end of a liveness
 * Job.
 */
export function kubernetesEngine(mode: NamespaceMode): Engine {
  const items = new Map<string, Item>()
  const refusals = new Refusals()
  // Every answer carries the API server's date. An hour goes by in that everything gets older.
  const now = Date.now()
  const replaced: string[] = []
  let replaces = false
  const deadlineJobs = new Map<string, string>()
  let last = 0
  const add = (path: string, { labels, annotations }: Looks): string => {
    const uid = `uid-${++last}`
    items.set(path, { uid, labels, annotations, created: now })
    return `${path} ${uid}`
  }
  const drop = (path: string): void => {
    for (const each of items.keys())
      if (each === path || each.startsWith(`${jobsIn(path.split('/').at(-1) ?? '')}/`)) items.delete(each)
  }
  const object = (path: string, { created, ...rest }: Item): object => ({
    metadata: {
      name: path.split('/').at(-1),
      resourceVersion: '1',
      creationTimestamp: new Date(created).toISOString(),
      ...rest,
    },
  })
  const status = (code: number): ApiResponse => ({ status: code, body: { kind: 'Status', message: `status ${code}` } })
  const answer = ({ method, path: whole, body }: ApiRequest): ApiResponse => {
    const [path = '', query] = whole.split('?')
    if (method === 'GET' && query !== undefined) {
      const selector = new URLSearchParams(query).get('labelSelector') ?? ''
      const found = [...items].filter(
        ([each, { labels }]) =>
          each.startsWith(`${path}/`) &&
          selector.split(',').every((label) => (label.split('=')[0] as string) in labels),
      )
      return {
        status: 200,
        body: { metadata: { resourceVersion: '1' }, items: found.map(([each, item]) => object(each, item)) },
      }
    }
    const item = items.get(path)
    if (!item) return status(404)
    if (method !== 'DELETE') return { status: 200, body: object(path, item) }
    const { preconditions } = (body ?? {}) as { readonly preconditions?: { readonly uid?: string } }
    if (refusals.next()) return status(500)
    if (replaces) {
      replaces = false
      drop(path)
      replaced.push(add(path, { labels: { app: 'shop' }, annotations: {} }))
      return preconditions?.uid ? status(409) : (drop(path), status(200))
    }
    if (preconditions?.uid !== undefined && preconditions.uid !== item.uid) return status(409)
    drop(path)
    return status(200)
  }
  const client = { call: (request: ApiRequest) => Promise.resolve({ ...answer(request), date: now }) }
  const cluster = { client, policy: { mode, namespace: 'ci', liveness: 'job' } } as unknown as Cluster
  const names = (run: Run): readonly string[] =>
    mode === 'create' ? [`${NAMESPACES}/${run.id}`, `${jobsIn(run.id)}/${run.id}`] : [`${jobsIn('ci')}/${run.id}`]
  return {
    expires: true,
    make(run) {
      for (const path of names(run)) add(path, ours(run))
      deadlineJobs.set(names(run).at(-1) as string, `uid-${last}`)
      const job = { kind: 'job', namespace: mode === 'create' ? run.id : 'ci', name: run.id }
      return mode === 'create' ? [{ kind: 'namespace', name: run.id }, job] : [job]
    },
    addForeign({ lie, like, lives, neighbour }) {
      const place = names(like)[0] as string
      // The same name again, once ours has been removed by hand.
      const path = lie === 'the name' ? place : `${place}-${last}`
      if (
        lie === 'the name' &&
        !lives &&
        items.get(path)?.annotations[OWNER_ANNOTATION] === ours(like).annotations[OWNER_ANNOTATION]
      )
        drop(path)
      return items.has(path) ? undefined : add(path, looks({ lie, like, lives, neighbour }))
    },
    ids: () => [...items].map(([path, { uid }]) => `${path} ${uid}`),
    idsOf: (run) =>
      [...items]
        .filter(
          ([path, { annotations }]) =>
            names(run).includes(path) && annotations[OWNER_ANNOTATION] === ours(run).annotations[OWNER_ANNOTATION],
        )
        .map(([path, { uid }]) => `${path} ${uid}`),
    remove(run) {
      for (const path of names(run))
        if (items.get(path)?.annotations[OWNER_ANNOTATION] === ours(run).annotations[OWNER_ANNOTATION]) drop(path)
    },
    reap: (scope, signal) => reap(cluster, scope, signal),
    refuse: (count) => void (refusals.count = count),
    replaced,
    replaceNext: () => void (replaces = true),
    later(living) {
      const alive = living.flatMap(names)
      for (const [path, uid] of deadlineJobs)
        if (items.get(path)?.uid === uid && !alive.includes(path)) items.delete(path)
      for (const [path, item] of items) items.set(path, { ...item, created: item.created - HOUR })
    },
  }
}

const NAMESPACES = '/api/v1/namespaces'

function jobsIn(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`
}

function ours(run: Run): Looks {
  return { labels: runLabels(run), annotations: { [OWNER_ANNOTATION]: JSON.stringify(run.owner) } }
}

/**
 * Of a namespace with nothing in it that proves life, only what is not signed by an owner of ours is nobody's but its
 * own.
 */
function looks({ lie, like, neighbour }: Foreign): Looks {
  switch (lie) {
    case 'nothing':
      return { labels: {}, annotations: {} }
    case 'the name':
      return { labels: { app: 'shop' }, annotations: {} }
    case 'the run':
      return { labels: { [RUN_LABEL]: like.id }, annotations: {} }
    case 'no owner':
      return { labels: { [RUN_LABEL]: like.id }, annotations: { [OWNER_ANNOTATION]: 'somebody' } }
    case 'an owner elsewhere':
      return {
        labels: { app: 'shop' },
        annotations: { [OWNER_ANNOTATION]: JSON.stringify({ ...like.owner, host: 'elsewhere' }) },
      }
    case 'a living owner':
      return { labels: { app: 'shop' }, annotations: { [OWNER_ANNOTATION]: JSON.stringify(neighbour) } }
  }
}
