import { createEngine, inMemory } from '../contract/in-memory/provider.ts'
import { Refusals, type Engine, type Foreign } from './engine.ts'

/** The contract suite's own provider. */
export function inMemoryEngine(): Engine {
  const { units } = createEngine()
  const provider = inMemory({ units })
  const refusals = new Refusals()
  const add = (id: string, { run, owner }: { readonly run: string; readonly owner: Foreign['neighbour'] }): string => {
    units.set(id, { run, owner, end: () => {}, close: () => Promise.resolve(void units.delete(id)) })
    return id
  }
  let last = 0
  return {
    expires: false,
    make: (run) =>
      ['db', 'web'].map((service) => ({ id: add(`${run.id}/${service}`, { run: run.id, owner: run.owner }) })),
    addForeign: ({ lie, like, neighbour }) =>
      add(`foreign-${++last}`, {
        run: lie === 'nothing' ? 'shop' : like.id,
        owner: lie === 'an owner elsewhere' ? { ...like.owner, host: 'elsewhere' } : neighbour,
      }),
    ids: () => [...units.keys()],
    idsOf: ({ id }) => [...units.keys()].filter((each) => each.startsWith(`${id}/`)),
    remove(run) {
      for (const id of this.idsOf(run)) units.delete(id)
    },
    reap: (scope, signal) =>
      refusals.next()
        ? Promise.reject(new RangeError('refused'))
        : (provider.reap?.(scope, signal) ?? Promise.resolve([])),
    refuse: (count) => void (refusals.count = count),
    later: () => {},
  }
}
