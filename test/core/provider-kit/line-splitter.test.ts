import { expect, test } from 'vitest'
import { LineSplitter, MAX_LINE_CHARACTERS } from '../../../packages/core/src/provider-kit/line-splitter.ts'

function split(parts: readonly string[], separator?: RegExp): readonly string[] {
  const splitter = new LineSplitter(separator)
  return [...parts.flatMap((part) => splitter.add(part)), `rest: ${splitter.rest}`]
}

test.each<[string, readonly string[], readonly string[]]>([
  ['lines in one part', ['a\nb\n'], ['a', 'b', 'rest: ']],
  ['a line in three parts', ['a', 'b', 'c\nd'], ['abc', 'rest: d']],
  ['a line feed after a carriage return', ['a\r\nb\r', '\nc'], ['a', 'b', 'rest: c']],
  ['a carriage return in a line', ['a\rb', '\r', 'c\n'], ['a\rb\rc', 'rest: ']],
  ['empty lines', ['\n', '\n\n'], ['', '', '', 'rest: ']],
  ['a carriage return at the end', ['a\r'], ['rest: a']],
])('%s', (_what, parts, lines) => {
  expect(split(parts)).toEqual(lines)
})

test('a carriage return as the end of a line', () => {
  expect(split(['10%\r20%\r', '\nab\r', 'c'], /\r?\n|\r/)).toEqual(['10%', '20%', 'ab', 'rest: c'])
})

test('a line without an end comes in pieces, in linear time', () => {
  const splitter = new LineSplitter()
  const part = 'x'.repeat(1_000)
  // A quadratic splitter copies 32 GiB here, for longer than a test may take.
  const pieces = Array.from({ length: 64 * 1_024 }, () => splitter.add(part).map(({ length }) => length)).flat()
  expect(new Set(pieces)).toEqual(new Set([MAX_LINE_CHARACTERS]))
  expect(pieces.length * MAX_LINE_CHARACTERS + splitter.rest.length).toBe(64 * 1_024 * 1_000)
})
