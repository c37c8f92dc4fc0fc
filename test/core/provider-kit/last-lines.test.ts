import { expect, test } from 'vitest'
import { LastLines } from '../../../packages/core/src/provider-kit/last-lines.ts'

test('the last lines are kept, the unfinished one of each stream included', () => {
  const kept = new LastLines({ lines: 3 })
  for (const text of ['a\nb\r', '\n\n', 'c', 'c\nd']) kept.addText('stdout', text)
  expect(kept.lines).toEqual(['b', '', 'cc', 'd'])
  kept.addText('stderr', 'odd')
  expect(kept.lines).toEqual(['b', '', 'cc', 'd', 'odd'])
  kept.addText('stdout', '\ne')
  expect(kept.lines).toEqual(['', 'cc', 'd', 'odd', 'e'])
})

test('a line without an end is cut, and the number of its further characters is given', () => {
  const kept = new LastLines({ lineCharacters: 5 })
  for (let n = 0; n < 1_000; n++) kept.addText('stdout', 'abc')
  expect(kept.lines).toEqual(['abcab… (2995 more characters)'])
  kept.addText('stdout', '\n')
  kept.addLine('1234567')
  expect(kept.lines).toEqual(['abcab… (2995 more characters)', '12345… (2 more characters)'])
})

test('all lines together are bounded', () => {
  const kept = new LastLines()
  for (let n = 0; n < 100_000; n++) kept.addLine(`${n} ${'x'.repeat(10_000)}`)
  expect(kept.lines.length).toBeGreaterThan(30)
  expect(kept.lines.join('\n').length).toBeLessThanOrEqual(64 * 1024)
  expect(kept.lines.at(-1)).toMatch(/^99999 x{1994}… \(8006 more characters\)$/)
})
