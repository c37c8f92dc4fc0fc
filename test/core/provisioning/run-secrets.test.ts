import { expect, test } from 'vitest'
import { withDetails, fromPlain, MoorageError, toPlain } from '@moorage/core'
import { redacted } from '../../../packages/core/src/contract/plain-error.ts'
import { RunSecrets } from '../../../packages/core/src/provisioning/run-secrets.ts'

test('one value for each service and name, safe in a URL', () => {
  const secrets = new RunSecrets()
  const password = secrets.get('db', 'password')
  expect(password).toMatch(/^[0-9a-f]{32}$/)
  expect(secrets.get('db', 'password')).toBe(password)
  expect(
    new Set([
      password,
      secrets.get('db', 'other'),
      secrets.get('cache', 'password'),
      new RunSecrets().get('db', 'password'),
    ]).size,
  ).toBe(4)
  expect(secrets.getAll('db', ['password'])).toEqual({ password })
})

test('a password is struck out of everything that an error says: message, hint, log lines, causes', () => {
  const secrets = new RunSecrets()
  const password = secrets.get('db', 'password')
  const cause = new TypeError(`connect postgres://u:${password}@h`, { cause: new RangeError(`deeper ${password}`) })
  const error = new MoorageError('SEED_FAILED', `seed of ${password}`, {
    service: 'db',
    hint: `try ${password}`,
    logs: [`login ${password} ${password}`],
    cause,
  })
  const clean = redacted(error, (text) => secrets.redact(text))
  expect(clean.message).toBe('seed of ***\ntry ***\nLast log lines:\n  login *** ***')
  expect((clean.cause as Error).message).toBe('connect postgres://u:***@h')
  expect(((clean.cause as Error).cause as Error).message).toBe('deeper ***')
  expect(JSON.stringify(toPlain(clean)) + String(clean.stack) + String((clean.cause as Error).stack)).not.toContain(
    password,
  )
  expect(clean).toMatchObject({ code: 'SEED_FAILED', service: 'db' })
})

test('the password of a given URL is struck out like a generated one, even if it looks like JSON', () => {
  const secrets = new RunSecrets()
  secrets.hideUrl('postgres://admin:p"a\\ss%word@h/x?sslpassword=hunter22')
  const error = new MoorageError('START_FAILED', 'login p"a\\ss%word failed', {
    logs: ['postgres://admin:p"a\\ss%word@h', 'hunter22'],
  })
  expect(redacted(error, (text) => secrets.redact(text)).message).toBe(
    'login *** failed\nLast log lines:\n  postgres://admin:***@h\n  ***',
  )
})

test('a password that is an ordinary word is struck out within URLs only', () => {
  const secrets = new RunSecrets()
  secrets.hideUrl('postgres://postgres:postgres@h/x')
  expect(secrets.redact('postgres: at postgres://postgres:postgres@h/x')).toBe(
    'postgres: at postgres://postgres:***@h/x',
  )
})

test('an error crosses a wire and stays what it is', () => {
  const error = new MoorageError('DEADLINE', 'late', {
    service: 'db',
    phase: 'pull',
    hint: 'wait',
    cause: new TypeError('slow'),
  })
  const back = fromPlain(JSON.parse(JSON.stringify(toPlain(error))) as ReturnType<typeof toPlain>)
  expect(back).toMatchObject({
    name: 'MoorageError',
    code: 'DEADLINE',
    message: 'late\nwait',
    service: 'db',
    phase: 'pull',
  })
  expect(back.cause).toMatchObject({ name: 'TypeError', message: 'slow' })
})

test('what is known of an error is not overwritten by what is added', () => {
  const error = withDetails(new MoorageError('DEADLINE', 'late', { service: 'db' }), 'START_FAILED', {
    service: 'other',
    provider: 'docker',
    hint: 'wait',
  })
  expect(error).toMatchObject({ code: 'DEADLINE', service: 'db', provider: 'docker', message: 'late\nwait' })
  expect(withDetails(new TypeError('odd'), 'START_FAILED', { service: 'db' })).toMatchObject({
    code: 'START_FAILED',
    message: 'services.db: odd',
  })
})
