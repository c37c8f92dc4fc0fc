import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Files } from '../harness/project.ts'
import { runFixture } from '../harness/run-fixture.ts'

/** The files that a piece of a page shows, by the paths in their first lines. */
function filesIn(text: string): Files {
  return Object.fromEntries(
    [...text.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)].map(([, path, code]) => [path as string, code as string]),
  )
}

describe('docs/runners.md', () => {
  const [first = '', ...sections] = readFileSync('docs/runners.md', 'utf8').split(/^## /m)
  const shown = sections
    .filter((text) => text.includes('```ts'))
    .map((text) => [text.split('\n')[0] as string, filesIn(text)] as const)
  const tests = Object.assign(
    {},
    ...shown.map(([, files]) => Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('test')))),
  ) as Files

  test('five forms', () => expect(shown).toHaveLength(5))

  test.each(shown)('%s', async (title, files) => {
    const vitest = title.startsWith('Vitest')
    const { end, output } = await runFixture({
      runner: vitest ? { vitest: '5' } : { playwright: 'latest' },
      files: { ...filesIn(first), ...tests, ...files },
      args: vitest ? ['run', 'test/notes'] : ['notes'],
    })
    expect(end, output).toEqual({ code: 0, signal: null })
    expect(output).toMatch(vitest ? /Tests +1 passed/ : /1 passed/)
  })
})
