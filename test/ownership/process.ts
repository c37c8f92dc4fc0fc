import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reap } from '../../packages/provider-process/src/reap.ts'
import { Refusals, type Engine } from './engine.ts'

/** Real folders, as runs of plain processes leave them. */
export function processEngine(): Engine {
  const base = mkdtempSync(join(tmpdir(), 'ownership-'))
  const refusals = new Refusals()
  const make = (name: string): string => {
    mkdirSync(join(base, name))
    return join(base, name)
  }
  const ids = (): readonly string[] => readdirSync(base).map((name) => join(base, name))
  let last = 0
  return {
    expires: false,
    make: (run) => ['db', 'web'].map((service) => ({ kind: 'folder', path: make(`moorage-${run.id}-${service}`) })),
    addForeign: ({ lie, like }) => make(lie === 'nothing' ? `shop-${++last}` : `moorage-${like.id}-foreign-${++last}`),
    ids,
    idsOf: (run) => ids().filter((path) => /-(db|web)$/.test(path) && path.includes(`moorage-${run.id}-`)),
    remove(run) {
      for (const path of this.idsOf(run)) rmSync(path, { recursive: true })
    },
    reap(scope) {
      return refusals.next() ? Promise.reject(new RangeError('refused')) : reap(scope)
    },
    refuse: (count) => void (refusals.count = count),
    later: () => {},
    close: () => rmSync(base, { recursive: true, force: true }),
  }
}
