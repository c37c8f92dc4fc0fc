import { expect, test } from 'vitest'
import { displayUrl, urlSecrets } from '../../../packages/core/src/config/parse-service-url.ts'
import { connectionFromUrl, dialableServers, withServer } from '../../../packages/core/src/provisioning/given-url.ts'

const url = (text: string): { [field: string]: unknown } => ({ ...connectionFromUrl(text) })

test.each([
  [
    'postgres://admin:Se%40cret@db.local/shop?sslmode=require',
    { host: 'db.local', port: 5432, username: 'admin', password: 'Se@cret', database: 'shop' },
  ],
  ['mongodb://a:1,b:2/x', { host: 'a', port: 1, database: 'x' }],
  [
    'mongodb+srv://u:pw@cluster.example/x',
    { host: 'cluster.example', port: 27017, username: 'u', password: 'pw', database: 'x' },
  ],
  ['postgres://u:100%@h/x', { host: 'h', port: 5432, username: 'u', password: '100%', database: 'x' }],
  ['postgres://u:a#b@h:1/x', { host: 'h', port: 1, username: 'u', password: 'a#b', database: 'x' }],
  ['postgres://u:a@b/c@h:1/x', { host: 'h', port: 1, username: 'u', password: 'a@b/c', database: 'x' }],
  ['postgres:///x?host=/run/postgresql', { host: '/run/postgresql', port: 5432, database: 'x' }],
  ['postgres:///x?host=db&port=7', { host: 'db', port: 7, database: 'x' }],
  ['postgres://%2Frun%2Fpostgresql/x', { host: '/run/postgresql', port: 5432, database: 'x' }],
  ['redis://:pw@[::1]:6380/0', { host: '::1', port: 6380, password: 'pw', database: '0' }],
  ['amqp://h', { host: 'h', port: 0 }],
])('%s is read as a driver reads it, and kept as it is', (text, fields) => {
  expect(url(text)).toEqual({ url: text, ...fields })
})

test.each([
  ['mongodb://a:1,b:2/x', ['a:1', 'b:2']],
  ['mongodb://a,[::1]:3/x', ['a:27017', '::1:3']],
  ['mongodb+srv://c.example/x', []],
  ['postgres:///x?host=/run/postgresql', []],
  ['postgres:///x', []],
  ['amqp://h', []],
  ['sqlite:file.db', []],
])('of %s, moorage dials %j', (text, servers) => {
  expect(dialableServers(text).map(({ host, port }) => `${host}:${port}`)).toEqual(servers)
})

test.each([
  ['postgres://u:p@127.0.0.1:5/x?a=b', 'postgres://u:p@h:9/x?a=b'],
  ['redis://:p@localhost/0', 'redis://:p@h:9/0'],
  ['http://[::1]:80/a@b', 'http://h:9/a@b'],
  ['postgres://u:a#b@127.0.0.1/x', 'postgres://u:a#b@h:9/x'],
  ['mongodb://a:1,b:2/x', undefined],
])('from a container, %s is %s', (text, replaced) => {
  expect(withServer(text, { host: 'h', port: 9 })).toBe(replaced)
})

test.each([
  ['mongodb://root:pw@127.0.0.1:1/test?x=1', 'mongodb://127.0.0.1:1/test'],
  ['redis://:pw@127.0.0.1:1/0', 'redis://127.0.0.1:1/0'],
  ['http://127.0.0.1:1/@me', 'http://127.0.0.1:1/@me'],
  ['postgres://u:a@b@h/x?sslpassword=Secret', 'postgres://h/x'],
  ['postgres://u:a/b?c#d@h/x', 'postgres://h/x'],
  ['postgres://h/x?password=a@b', 'postgres://h/x'],
  ['mongodb://u:p@a:1,[::1]:2/x', 'mongodb://a:1,[::1]:2/x'],
  ['jdbc:postgresql:x?password=p', 'jdbc:…'],
  ['no url', '…'],
])('%s is shown as %s', (text, shown) => {
  expect(displayUrl(text)).toBe(shown)
})

test.each([
  ['postgres://admin:Sec%40ret1@h/x', ['Sec%40ret1', 'Sec@ret1', ':Sec%40ret1@', ':Sec@ret1@']],
  ['postgres://postgres:postgres@h/postgres', [':postgres@']],
  ['postgres://u:test@h/x', [':test@']],
  ['postgres://h/x?sslpassword=hunter22&user=longusername', ['hunter22']],
  ['postgres://h/x', []],
])('of %s, %j must not be shown', (text, secrets) => {
  expect(urlSecrets(text)).toEqual(secrets)
})
