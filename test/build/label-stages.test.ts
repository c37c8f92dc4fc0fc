import { expect, test } from 'vitest'
import { labelStages } from '../../packages/build/src/label-stages.ts'

test('a label follows each FROM', () => {
  const dockerfile = [
    '# syntax=docker/dockerfile:1',
    'ARG BASE=busybox',
    'from ${BASE} AS first',
    'RUN echo FROM \\',
    '  FROM here',
    'FROM \\',
    '  # a comment within',
    '  busybox',
    'CMD ["sh"]',
    '',
  ]
  expect(labelStages(dockerfile.join('\n'), ['build', 'localhost/app:1']).split('\n')).toEqual([
    ...dockerfile.slice(0, 3),
    'LABEL build="localhost/app:1"',
    ...dockerfile.slice(3, 8),
    'LABEL build="localhost/app:1"',
    ...dockerfile.slice(8),
  ])
})

test('a backtick continues a line where the Dockerfile says so', () => {
  expect(labelStages('# escape=`\nFROM `\n  windows\nRUN dir C:\\', ['a', 'b'])).toBe(
    '# escape=`\nFROM `\n  windows\nLABEL a="b"\nRUN dir C:\\',
  )
})
