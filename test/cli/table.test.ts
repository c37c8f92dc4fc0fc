import { expect, test } from 'vitest'
import { formatTable } from '../../packages/cli/src/table.ts'

test('columns are aligned, and lines have no trailing spaces', () => {
  expect(
    formatTable([
      ['RUN', 'STATE'],
      ['dev-1', 'failed'],
      ['d', ''],
    ]),
  ).toEqual(['RUN    STATE', 'dev-1  failed', 'd'])
})
