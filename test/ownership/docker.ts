import type { Run } from '@moorage/core'
import type { Client } from '../../packages/provider-docker/src/client.ts'
import { labelsOf, OWNER, RUN } from '../../packages/provider-docker/src/labels.ts'
import { reapEngine } from '../../packages/provider-docker/src/reap.ts'
import { Refusals, type Engine, type Foreign } from './engine.ts'

interface Item {
  readonly kind: 'container' | 'network'
  readonly name: string
  readonly Labels: { readonly [name: string]: string }
}

/** A fake: containers and networks behind the calls of the SDK's engine that a sweep makes. */
export function dockerEngine(): Engine {
  const items = new Map<string, Item>()
  const refusals = new Refusals()
  let last = 0
  const add = (item: Item): string => {
    const id = `${item.kind}-${++last}`
    items.set(id, item)
    return id
  }
  const list = (kind: Item['kind'], label: readonly string[] = []): readonly (Item & { readonly Id: string })[] => {
    const has = ({ Labels }: Item): boolean => label.every((each) => (each.includes('=') ? Labels[each.split('=')[0] as string] === each.split('=')[1] : each in Labels))
    return [...items].filter(([, item]) => item.kind === kind && has(item)).map(([Id, item]) => ({ Id, ...item }))
  }
  const remove = (id: string): Promise<void> => {
    if (refusals.next()) return Promise.reject(Object.assign(new RangeError('refused'), { statusCode: 500 }))
    return items.delete(id) ? Promise.resolve() : Promise.reject(Object.assign(new RangeError('gone'), { statusCode: 404 }))
  }
  type Query = { readonly filters?: { readonly label?: readonly string[] } }
  const handle = (id: string): object => ({ id, remove: () => remove(id), inspect: () => Promise.resolve({ Id: id, ...items.get(id) }), wait: () => Promise.resolve(), stop: () => Promise.resolve() })
  const empty = Promise.resolve([])
  const engine = {
    listContainers: ({ filters }: Query) => Promise.resolve(list('container', filters?.label)),
    listNetworks: ({ filters }: Query) => Promise.resolve(list('network', filters?.label)),
    listVolumes: () => Promise.resolve({ Volumes: [] }),
    listImages: () => empty,
    getContainer: handle,
    getNetwork: handle,
  }
  return {
    expires: false,
    make(run) {
      const Labels = labelsOf(run)
      add({ kind: 'network', name: `moorage-${run.id}`, Labels })
      for (const service of ['db', 'web']) add({ kind: 'container', name: `moorage-${run.id}-${service}`, Labels })
      return [{ kind: 'network', name: `moorage-${run.id}` }]
    },
    addForeign: (foreign) => add({ kind: foreign.like.id.length % 2 ? 'network' : 'container', ...looks(foreign) }),
    ids: () => [...items.keys()],
    idsOf: (run) => list('container').concat(list('network')).filter(({ Labels }) => Labels[OWNER] === labelsOf(run)[OWNER]).map(({ Id }) => Id),
    remove(run) {
      for (const id of this.idsOf(run)) items.delete(id)
    },
    reap: (scope) => reapEngine({ engine } as unknown as Client, scope),
    refuse: (count) => void (refusals.count = count),
    later: () => {},
  }
}

function looks({ lie, like, neighbour }: Foreign): Pick<Item, 'name' | 'Labels'> {
  const name = `moorage-${like.id}`
  const owned = (owner: Run['owner']): Pick<Item, 'name' | 'Labels'> => ({ name, Labels: { [RUN]: like.id, [OWNER]: JSON.stringify(owner) } })
  switch (lie) {
    case 'nothing': return { name: 'shop-db-1', Labels: {} }
    case 'the name': return { name, Labels: {} }
    case 'the run': return { name, Labels: { [RUN]: like.id } }
    case 'no owner': return { name, Labels: { [RUN]: like.id, [OWNER]: 'somebody' } }
    case 'an owner elsewhere': return owned({ ...like.owner, host: 'elsewhere' })
    case 'a living owner': return owned(neighbour)
  }
}
