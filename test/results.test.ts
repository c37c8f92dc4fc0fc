import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { BenchResult } from '../e2e/bench/result.ts'
import { resultsPage } from './results-page.ts'

const results = globSync('e2e/bench/results/*.json').map(
  (file) => JSON.parse(readFileSync(file, 'utf8')) as BenchResult,
)

test('docs/results.md shows every recorded benchmark, losses included', async () => {
  await expect(resultsPage(results)).toMatchFileSnapshot('../docs/results.md')
  const missed = results.flatMap(({ targets }) => targets).filter(({ met }) => !met)
  expect(resultsPage(results).match(/\*\*missed\*\*/g) ?? []).toHaveLength(missed.length)
})
