import { expect, test } from 'vitest'
import type { Run } from '@moorage/core'
import { dockerEngine } from './docker.ts'
import type { Foreign } from './engine.ts'

const dead = { host: 'here', pid: 7, started: 1 }
const neighbour = { host: 'here', pid: 8, started: 2 }
// Of a length that three divides: what is foreign is a container then, under the name that was written down and never
// begun.
const run: Run = { id: 'dev-12', labels: { 'moorage.run': 'dev-12' }, owner: dead, root: '/', cache: '/' }

const lies: readonly Foreign['lie'][] = ['the name', 'the run', 'no owner', 'an owner elsewhere', 'a living owner']

test.each(lies)('a container under a name that a dead journal has, with %s alone, is foreign', async (lie) => {
  const engine = dockerEngine()
  const entries = engine.make(run)
  const foreign = engine.addForeign({ lie, like: run, lives: false, neighbour })
  await engine.reap(
    {
      journals: [{ run: run.id, owner: dead, entries }],
      alive: ({ host, started }) => host !== dead.host || started !== dead.started,
    },
    new AbortController().signal,
  )
  expect(engine.ids()).toEqual([foreign])
})
