import { expect, test } from 'vitest'
import { prepare } from '../../../packages/services/src/prepare/replica-set.ts'
import { decodeDocument, encodeDocument, type BsonDocument } from '../../../packages/services/src/wire/bson.ts'
import { thrownMessage } from '../../thrown-error.ts'
import { startMongodStandIn, type StandIn } from './mongod-stand-in.ts'

const connect = ({ port }: StandIn, login = ''): { host: string; port: number; url: string } => ({
  host: '127.0.0.1',
  port,
  url: `mongodb://${login}127.0.0.1:${port}/test?directConnection=true`,
})
const names = ({ commands }: StandIn): readonly (string | undefined)[] => commands.map((each) => Object.keys(each)[0])

test('a member is initiated at the address of its connection, and awaited until it accepts writes', async () => {
  await using mongod = await startMongodStandIn({ helloBeforeElection: 3 })
  await prepare(connect(mongod), {})
  expect(mongod.commands[0]).toEqual({
    replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${mongod.port}` }] },
  })
  expect(names(mongod)).toEqual(['replSetInitiate', 'hello', 'hello', 'hello', 'hello'])
})

test('a member behind a login and a forwarded port is initiated at its own address', async () => {
  await using mongod = await startMongodStandIn({ password: 'se/cret%' })
  await prepare(connect(mongod, `root:${encodeURIComponent('se/cret%')}@`), { member: '127.0.0.1:27017' })
  expect(names(mongod)).toEqual(['saslStart', 'saslContinue', 'replSetInitiate', 'hello'])
  expect(mongod.commands[2]).toMatchObject({ replSetInitiate: { members: [{ host: '127.0.0.1:27017' }] } })
})

test('a login that the server refuses is an error with its text', async () => {
  await using mongod = await startMongodStandIn({ password: 'right' })
  expect(await thrownMessage(() => prepare(connect(mongod, 'root:wrong@'), {}))).toMatch(
    /^START_FAILED\nMongoDB refuses the login: Authentication failed\.\n/,
  )
})

test('a server without --replSet is an error that says so', async () => {
  await using mongod = await startMongodStandIn({
    refusal: { ok: 0, code: 76, errmsg: 'This node was not started with replication enabled.' },
  })
  expect(await thrownMessage(() => prepare(connect(mongod), {}))).toBe(
    [
      'START_FAILED',
      'MongoDB refuses to initiate the replica set: This node was not started with replication enabled.',
      'An image of your own must pass the arguments of its command on to mongod, such as --replSet.',
    ].join('\n'),
  )
})

test('BSON that was encoded is decoded again', () => {
  const document: BsonDocument = {
    text: 'ä',
    number: -1,
    long: 2n ** 60n,
    yes: true,
    nothing: null,
    bytes: Buffer.from('bytes'),
    list: [1, { inner: 'x' }],
  }
  expect(decodeDocument(encodeDocument(document))).toEqual(document)
})
