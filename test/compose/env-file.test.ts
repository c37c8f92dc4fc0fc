import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnvFile } from '../../packages/compose/src/variables/env-file.ts'
import { messageOfCall, projectFolder } from './project-files.ts'

function read(text: string, raw = false): object {
  const file = join(projectFolder({ 'x.env': text }), 'x.env')
  return readEnvFile({ file, raw, lookup: (name) => (name === 'OUTER' ? 'outer' : undefined) })
}

test('takes quotes, comments, escapes and variables as Compose does', () => {
  const text = [
    '# comment',
    'PLAIN=a b  # comment',
    'export EXPORTED=yes',
    'HASH=a#b',
    "SINGLE='$PLAIN # \\n'",
    'DOUBLE="a\\nb $PLAIN ${NONE:-d} \\$PLAIN"',
    'MANY="line 1',
    'line 2"',
    'COLON: c',
    'EMPTY=',
    'OUTER',
    'UNSET',
    'SUM=${OUTER}-$PLAIN-$$x',
    '',
  ]
    .join('\r\n')
    .replaceAll('line 1\r\n', 'line 1\n')
  expect(read(text)).toEqual({
    PLAIN: 'a b',
    EXPORTED: 'yes',
    HASH: 'a#b',
    SINGLE: '$PLAIN # \\n',
    DOUBLE: 'a\nb a b d $PLAIN',
    MANY: 'line 1\nline 2',
    COLON: 'c',
    EMPTY: '',
    OUTER: 'outer',
    SUM: 'outer-a b-$x',
  })
})

test('raw files hold values as they stand', () => {
  expect(read('A="$B" # c\n# comment\nOUTER\n', true)).toEqual({ A: '"$B" # c', OUTER: 'outer' })
})

test.each([
  ['A=1\nB C=2\n', "x.env:2: 'B C=2' does not begin with NAME=.\nWrite NAME=value, NAME='value' or NAME=\"value\"."],
  ["A='x\n", "x.env:1: the quote of 'x is not closed.\nWrite NAME=value, NAME='value' or NAME=\"value\"."],
])('refuses %j', (text, message) => {
  expect(messageOfCall(() => read(text))).toBe(message)
})
