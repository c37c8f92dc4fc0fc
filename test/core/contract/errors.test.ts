import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { fromPlain, toPlain } from '../../../packages/core/src/contract/plain-error.ts'
import { MoorageError } from '../../../packages/core/src/contract/errors.ts'

const error = new MoorageError('SERVICE_EXITED', 'services.api ended.', {
  service: 'api',
  hint: 'Look.',
  logs: ['odd'],
})

test.each([
  ['an error', error],
  ['one that has crossed a process boundary', fromPlain(toPlain(error))],
])('%s has its texts once in every form that test runners print', (_, printed) => {
  // Vitest prints all own fields of an error of a global setup, and the JSON form of an error of a test.
  const names = Object.getOwnPropertyNames(printed).filter((name) => !['message', 'stack', 'name'].includes(name))
  expect(names).toEqual(['code'])
  expect(JSON.parse(JSON.stringify(printed))).toEqual({
    name: 'MoorageError',
    code: 'SERVICE_EXITED',
    message: 'services.api ended.\nLook.\nLast log lines:\n  odd',
  })
  expect(inspect(printed).match(/odd/g)).toHaveLength(1)
  expect(printed).toMatchObject({ service: 'api', hint: 'Look.', details: { logs: ['odd'] } })
})
