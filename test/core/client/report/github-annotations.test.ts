import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { MoorageError } from '../../../../packages/core/src/contract/errors.ts'
import { githubAnnotations } from '../../../../packages/core/src/client/report/github-annotations.ts'
import { progressPrinter } from '../../../../packages/core/src/client/report/console.ts'

const GITHUB = { GITHUB_ACTIONS: 'true' }

test('15: percent, carriage return and line feed are escaped as the rules of workflow commands ask', () => {
  expect(githubAnnotations({ kind: 'failed', service: 'db', text: '50%\r\nof %0A', logs: [] }, GITHUB)).toEqual([
    '::error title=moorage::50%25%0D%0Aof %250A',
  ])
})

test('15: what a service has said cannot stop, or go on with, the commands', () => {
  const [, group, stop = '', line, go, end] = githubAnnotations(
    { kind: 'exited', service: 'db', reason: 'ended', logs: ['::endgroup::'] },
    GITHUB,
  )
  const token = stop.replace('::stop-commands::', '')
  expect(token).toMatch(/^[0-9a-f-]{36}$/)
  expect([group, line, go, end]).toEqual([
    '::group::Last lines of services.db',
    '::endgroup::',
    `::${token}::`,
    '::endgroup::',
  ])
})

test('15: what a service has said commands nothing from within an error either', () => {
  const { message } = new MoorageError('SERVICE_EXITED', 'It ended.', {
    logs: ['::stop-commands::x', '\t ::error::y', 'see ##[error]z', 'a::b'],
  })
  expect(message).toBe('It ended.\nLast log lines:\n  : :stop-commands::x\n  \t : :error::y\n  see ## [error]z\n  a::b')
})

test('15: elsewhere the end of a service is reported in plain lines, and a failure by its error alone', () => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const onProgress = progressPrinter(stream, {})
  onProgress({ kind: 'exited', service: 'db', reason: 'ended', logs: ['bye'] })
  onProgress({ kind: 'failed', service: 'db', text: 'x', logs: ['y'] })
  expect(stream.read()).toBe('moorage: ✗ services.db ended. Its last lines:\n  bye\n')
})
