import { expect, test } from 'vitest'
import { templatesIn } from '../../../packages/core/src/config/find-templates.ts'
import type { Template } from '../../../packages/core/src/contract/service.ts'
import { resolveConnection, resolveTemplate } from '../../../packages/core/src/provisioning/resolve-template.ts'
import type { TemplateScope } from '../../../packages/core/src/provisioning/template-scope.ts'

const scope: TemplateScope = {
  ref: (path) => `<${path.join('.')}>`,
  self: (path) => (path[0] === 'port' ? 5432 : `self.${path.join('.')}`),
  secret: (name) => `p@ss/${name}`,
}

test.each<[Template, string | number]>([
  ['text', 'text'],
  [7, 7],
  [{ $ref: ['db', 'ports', 'main', 'host'] }, '<db.ports.main.host>'],
  [{ $self: ['port'] }, 5432],
  [{ $secret: 'password' }, 'p@ss/password'],
  [{ $encode: { $secret: 'a b' } }, 'p%40ss%2Fa%20b'],
  [
    { $join: ['x://', { $encode: { $secret: 'k' } }, '@', { $self: ['host'] }, ':', { $self: ['port'] }] },
    'x://p%40ss%2Fk@self.host:5432',
  ],
  [{ $join: [] }, ''],
])('%j is %j', (template, value) => {
  expect(resolveTemplate(template, scope)).toBe(value)
})

test('a connection is filled in at every depth, and numbers stay numbers', () => {
  const connection = { port: { $self: ['port'] }, name: 'x', ports: { http: { host: { $self: ['h'] }, port: 80 } } }
  expect(resolveConnection(connection, scope)).toEqual({
    port: 5432,
    name: 'x',
    ports: { http: { host: 'self.h', port: 80 } },
  })
})

test('templates are found wherever they stand', () => {
  const found = [
    ...templatesIn({ a: [{ $join: ['x', { $ref: ['db', 'url'] }] }], b: { c: { $secret: 's' } }, d: null }),
  ]
  expect(found).toEqual([{ $join: ['x', { $ref: ['db', 'url'] }] }, { $ref: ['db', 'url'] }, { $secret: 's' }])
})

test.each<[readonly string[], string]>([
  [['http://', '::1', ':', '80', '/x'], 'http://[::1]:80/x'],
  [['postgres://a:b@', 'fd00::2', ':5432/db'], 'postgres://a:b@[fd00::2]:5432/db'],
  [['http://', '[::1]', ':80'], 'http://[::1]:80'],
  [['--host=', '::1'], '--host=::1'],
  [['postgres://', 'user', ':', '80'], 'postgres://user:80'],
])('an IPv6 address gets brackets where it is the host of a URL: %j', (parts, text) => {
  expect(resolveTemplate({ $join: [...parts] }, scope)).toBe(text)
})
