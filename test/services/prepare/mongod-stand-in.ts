import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { BsonDocument } from '../../../packages/services/src/wire/bson.ts'
import { decodeMessage, encodeMessage } from '../../../packages/services/src/wire/mongodb-message.ts'

export interface StandIn extends AsyncDisposable {
  readonly port: number
  /** The commands that were received, without `$db`. */
  readonly commands: BsonDocument[]
}

export interface StandInOptions {
  readonly port?: number
  /** The user `root` must log in with it. */
  readonly password?: string
  /** The answer to `replSetInitiate`. Default: it is accepted. */
  readonly refusal?: BsonDocument
  /** How many times `hello` is answered after the initiation before the member is elected. */
  readonly helloBeforeElection?: number
}

const SALT = Buffer.from('salt of the stand-in')
const ITERATIONS = 4_096

/**
 * FAKE: speaks the wire protocol of a mongod that was started with --replSet, because no server in the test bed has
 * replica sets. Its login follows RFC 7677.
 */
export async function startMongodStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const commands: BsonDocument[] = []
  const sockets = new Set<Socket>()
  let initiated = false
  let hellos = 0
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    const login = { clientFirst: '', serverFirst: '', done: options.password === undefined }
    const answer = ({ $db: _, ...command }: BsonDocument): BsonDocument => {
      commands.push(command)
      if ('hello' in command)
        return { isWritablePrimary: initiated && ++hellos > (options.helloBeforeElection ?? 0), ok: 1, lag: 12n }
      if ('saslStart' in command) return begin(login, String(command['payload']))
      if ('saslContinue' in command) return finish(login, String(command['payload']), options.password ?? '')
      if (!login.done) return { ok: 0, errmsg: 'command requires authentication', code: 13 }
      if (!('replSetInitiate' in command)) return { ok: 1 }
      initiated = options.refusal === undefined
      return options.refusal ?? { ok: 1 }
    }
    sockets.add(socket)
    socket
      .on('error', () => {})
      .on('data', (data) => {
        received = Buffer.concat([received, data])
        for (let message = decodeMessage(received); message; message = decodeMessage(received)) {
          received = received.subarray(message.length)
          socket.write(reply(answer(message.document)))
        }
      })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** `ok` of a real server is a double. */
function reply({ ok, ...fields }: BsonDocument): Buffer {
  const message = encodeMessage(fields)
  const double = Buffer.alloc(12)
  double.write('\u0001ok\0', 'latin1')
  double.writeDoubleLE(Number(ok), 4)
  const bytes = Buffer.concat([message.subarray(0, -1), double, Buffer.of(0)])
  bytes.writeInt32LE(bytes.length, 0)
  bytes.writeInt32LE(bytes.length - 21, 21)
  return bytes
}

interface Login {
  clientFirst: string
  serverFirst: string
  done: boolean
}

function begin(login: Login, payload: string): BsonDocument {
  login.clientFirst = payload.replace(/^n,,/, '')
  const nonce = /r=(.*)$/.exec(payload)?.[1] ?? ''
  login.serverFirst = `r=${nonce}server,s=${SALT.toString('base64')},i=${ITERATIONS}`
  return { ok: 1, conversationId: 7, done: false, payload: Buffer.from(login.serverFirst) }
}

function finish(login: Login, payload: string, password: string): BsonDocument {
  const [withoutProof = '', proof = ''] = payload.split(',p=')
  const salted = pbkdf2Sync(password, SALT, ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest()
  const text = `${login.clientFirst},${login.serverFirst},${withoutProof}`
  const signature = createHmac('sha256', storedKey).update(text).digest()
  const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64')
  login.done = proof === expected && login.clientFirst.startsWith('n=root,')
  return login.done
    ? { ok: 1, conversationId: 7, done: true, payload: Buffer.from('v=') }
    : { ok: 0, errmsg: 'Authentication failed.', code: 18 }
}
