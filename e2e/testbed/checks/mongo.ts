import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bed, docker } from './bed.ts'
import { eventually, exec, exitCodeAfterStop, start } from './container.ts'
import { MongoConnection } from './mongo-wire.ts'

before(async () => {
  const { code, err } = await bed('up')
  assert.equal(code, 0, err)
})

after(() => bed('down'))

/** A published port accepts at once and closes again; only an answer tells that the server is there. */
function connected(port: number): Promise<MongoConnection> {
  return eventually('the server', async () => {
    const connection = await MongoConnection.open(port)
    return (await connection.ask({ hello: 1 })).isWritablePrimary === 1 ? connection : undefined
  })
}

test('mongo wants a root user with a password or none', async () => {
  const { code, err } = await docker('run', '--rm', '-e', 'MONGO_INITDB_ROOT_USERNAME=root', 'mongo:6.0')
  assert.equal(code, 1)
  assert.match(err, /^error: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'/)
})

test('mongo without a root user asks for no password', async () => {
  const { id, port } = await start(27017, 'mongo:6.0', 'mongod', '--quiet')
  const client = await connected(port)
  const answer = await client.ask({ listDatabases: 1 })
  assert.equal(answer.ok, 1)
  const asked = performance.now()
  assert.equal(await exitCodeAfterStop(id), '0')
  assert.ok(performance.now() - asked < 2000, 'an open connection does not delay the end')
})

const restricted = ['-u', '999:999', '--cap-drop', 'ALL', '--tmpfs', '/data/db:uid=999,gid=999', 'mongo:8.0']

for (const user of [['mongo:6.0'], restricted]) {
  test(`mongo with a root user (${user.join(' ')}): open on loopback while it initialises, then closed`, async () => {
    const root = ['-e', 'MONGO_INITDB_ROOT_USERNAME=root', '-e', 'MONGO_INITDB_ROOT_PASSWORD=p"a ss']
    const { id, port } = await start(27017, ...root, '-e', 'MOORAGE_TESTBED_INIT_SECONDS=2', ...user)
    await eventually('the temporary server', () => exec(id, 'bash', '-c', ': < /dev/tcp/127.0.0.1/27017'))
    await assert.rejects(async () => (await MongoConnection.open(port)).ask({ hello: 1 }))
    const client = await connected(port)
    assert.equal((await client.ask({ listDatabases: 1 })).code, 13)
    assert.equal((await client.login('root', 'wrong')).code, 18)
    const second = await MongoConnection.open(port)
    assert.equal((await second.login('root', 'p"a ss')).ok, 1)
    assert.equal((await second.ask({ listDatabases: 1 })).ok, 1)
    assert.equal(await exitCodeAfterStop(id), '0')
  })
}

test('mongo rejects what mongod does not know, and replica sets', async () => {
  const unknown = await docker('run', '--rm', 'mongo:6.0', '--nonsense')
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /unrecognised option '--nonsense'/)
  assert.equal((await docker('run', '--rm', 'mongo:6.0', 'mongod', '--replSet', 'rs0')).code, 2)
})
