import type { Json, Run } from '@moorage/core'
import type { CallEngine, EngineResponse } from '../../packages/provider-docker/src/engine/call-engine.ts'
import { OWNER_LABEL, RUN_LABEL, runLabels } from '../../packages/provider-docker/src/labels.ts'
import { reap } from '../../packages/provider-docker/src/reap.ts'
import { Refusals, type Engine, type Foreign } from './engine.ts'

interface Item {
  readonly kind: 'container' | 'network' | 'volume'
  readonly name: string
  readonly Labels: { readonly [name: string]: string }
}

/** A fake: containers, networks and volumes behind the calls of the engine's API that a sweep makes. */
export function dockerEngine(): Engine {
  const items = new Map<string, Item>()
  const refusals = new Refusals()
  let last = 0
  const add = (item: Item): string => {
    // A volume has no id besides its name.
    const id = item.kind === 'volume' ? item.name : `${item.kind}-${++last}`
    items.set(id, item)
    return id
  }
  const list = (kind: Item['kind']): readonly (Item & { readonly Id: string })[] =>
    [...items].filter(([, item]) => item.kind === kind).map(([Id, item]) => ({ Id, ...item }))
  const answer = (status: number, body: unknown = {}): EngineResponse => ({ status, text: JSON.stringify(body) })
  const call: CallEngine = async ({ method, path }) => {
    const [, kind, name] = /^\/(container|network|volume)s(?:\/(?!json)([^/?]+))?/.exec(path) as unknown as [
      string,
      Item['kind'],
      string?,
    ]
    if (name === undefined) {
      const labelled = list(kind).filter(({ Labels }) => OWNER_LABEL in Labels)
      const volumes = labelled.map(({ name: Name, Labels }) => ({ Name, Labels }))
      return answer(200, kind === 'volume' ? { Volumes: volumes } : labelled)
    }
    const found = list(kind).find((item) => item.Id === name || item.name === name)
    if (method === 'DELETE' && refusals.next()) return answer(500, { message: 'refused' })
    if (method === 'DELETE' && found) items.delete(found.Id)
    if (!found) return answer(404)
    if (kind === 'volume') return answer(200, { Name: found.name, Labels: found.Labels })
    return answer(200, kind === 'container' ? { Id: found.Id, Config: { Labels: found.Labels } } : found)
  }
  return {
    expires: false,
    make(run) {
      const Labels = runLabels(run)
      const names = {
        network: [`moorage-${run.id}`],
        volume: [`moorage-${run.id}-data`],
        container: ['db', 'web'].map((service) => `moorage-${run.id}-${service}`),
      }
      const made = (['network', 'volume', 'container'] as const).flatMap((kind) =>
        names[kind].flatMap((name): readonly Json[] => {
          const id = add({ kind, name, Labels })
          return kind === 'volume'
            ? [{ kind, name }]
            : [
                { kind, name },
                { kind, id },
              ]
        }),
      )
      // The last one was written down, and not begun.
      return [...made, { kind: 'container', name: late(run) }, { kind: 'volume', name: late(run) }]
    },
    addForeign(foreign) {
      const kind = (['container', 'network', 'volume'] as const)[foreign.like.id.length % 3] ?? 'container'
      const item = { kind, ...looks(foreign, kind) } as const
      return list(kind).some(({ name }) => name === item.name) ? undefined : add(item)
    },
    ids: () => [...items.keys()],
    idsOf: (run) =>
      list('container')
        .concat(list('network'), list('volume'))
        .filter(({ Labels }) => Labels[OWNER_LABEL] === runLabels(run)[OWNER_LABEL])
        .map(({ Id }) => Id),
    remove(run) {
      for (const id of this.idsOf(run)) items.delete(id)
    },
    reap: (scope) => reap({ host: 'here', callAt: () => call }, scope),
    refuse: (count) => void (refusals.count = count),
    later: () => {},
  }
}

function late(run: Run): string {
  return `moorage-${run.id}-late`
}

function looks({ lie, like, neighbour }: Foreign, kind: Item['kind']): Pick<Item, 'name' | 'Labels'> {
  const name = kind === 'network' ? `moorage-${like.id}` : late(like)
  const owned = (owner: Run['owner']): Pick<Item, 'name' | 'Labels'> => ({
    name,
    Labels: { [RUN_LABEL]: like.id, [OWNER_LABEL]: JSON.stringify(owner) },
  })
  switch (lie) {
    case 'nothing':
      return { name: 'shop-db-1', Labels: {} }
    case 'the name':
      return { name, Labels: {} }
    case 'the run':
      return { name, Labels: { [RUN_LABEL]: like.id } }
    case 'no owner':
      return { name, Labels: { [RUN_LABEL]: like.id, [OWNER_LABEL]: 'somebody' } }
    case 'an owner elsewhere':
      return owned({ ...like.owner, host: 'elsewhere' })
    case 'a living owner':
      return owned(neighbour)
  }
}
