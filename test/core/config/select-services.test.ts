import { expect, test } from 'vitest'
import { defineConfig, redis, staticServer } from '../../../packages/moorage/src/index.ts'
import { selectServices } from '../../../packages/core/src/config/select-services.ts'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { thrownMessage } from '../../thrown-error.ts'

const cache = redis()
const config = defineConfig({
  root: import.meta.dirname,
  services: {
    app: staticServer({ root: '.', needs: { web: 'ready' } }),
    cache,
    web: staticServer({ root: '.', needs: { cache: 'started' } }),
    docs: staticServer({ root: '.' }),
  },
})

test.each([
  [['cache'], ['cache']],
  [['docs'], ['docs']],
  [['app'], ['app', 'cache', 'web']],
  [
    ['web', 'docs', 'web'],
    ['cache', 'web', 'docs'],
  ],
])('%j: with what they need, in the order of the config', (names, selected) => {
  const part = selectServices(config, names)
  expect(Object.keys(part.services)).toEqual(selected)
  expect(Object.keys(createPlan(part, {}).services)).toEqual(selected)
})

test.each([
  ['cahce', "USAGE\nThe config has no service 'cahce'. Did you mean cache?\nIts services are app, cache, web, docs."],
  ['toString', "USAGE\nThe config has no service 'toString'.\nIts services are app, cache, web, docs."],
])('%s is unknown', async (name, message) => {
  expect(await thrownMessage(() => selectServices(config, [name]))).toBe(message)
})
