import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

type Value = string | number | Buffer | Document
export interface Document {
  [name: string]: Value
}

/** As much of MongoDB's protocol as it takes to log in and to ask: OP_MSG, SCRAM-SHA-256 (RFC 7677). */
export class MongoConnection {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(port: number): Promise<MongoConnection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new MongoConnection(socket)
  }

  async ask(command: Document): Promise<Document> {
    const body = Buffer.concat([Buffer.alloc(5), encode({ ...command, $db: 'admin' })])
    const head = Buffer.alloc(16)
    head.writeInt32LE(16 + body.length, 0)
    head.writeInt32LE(2013, 12)
    this.#socket.write(Buffer.concat([head, body]))
    let answer = Buffer.alloc(0)
    while (answer.length < 16 || answer.length < answer.readInt32LE(0)) {
      const [chunk] = (await Promise.race([once(this.#socket, 'data'), this.#closed()])) as [Buffer]
      answer = Buffer.concat([answer, chunk])
    }
    return decode(answer.subarray(21))
  }

  /** Returns the last answer of the conversation: `ok: 1`, or a code. */
  async login(user: string, password: string): Promise<Document> {
    const bare = `n=${user},r=${randomBytes(18).toString('base64')}`
    const first = await this.ask({ saslStart: 1, mechanism: 'SCRAM-SHA-256', payload: Buffer.from(`n,,${bare}`) })
    if (first.ok !== 1) return first
    const challenge = String(first.payload)
    const [, nonce = '', salt = '', rounds] = /^r=(.*),s=(.*),i=(\d+)$/.exec(challenge) ?? []
    const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
    const key = hmac(salted, 'Client Key')
    const open = `c=biws,r=${nonce}`
    const signature = hmac(createHash('sha256').update(key).digest(), `${bare},${challenge},${open}`)
    const proof = key.map((byte, index) => byte ^ (signature[index] ?? 0))
    const payload = Buffer.from(`${open},p=${Buffer.from(proof).toString('base64')}`)
    return this.ask({ saslContinue: 1, conversationId: first.conversationId ?? 1, payload })
  }

  async #closed(): Promise<never> {
    await once(this.#socket, 'close')
    throw new Error('the server closed the connection')
  }

  close(): void {
    this.#socket.destroy()
  }
}

function encode(document: Document): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = encodeValue(value)
    return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), bytes])
  })
  const body = Buffer.concat([...elements, Buffer.from([0])])
  return Buffer.concat([int32(body.length + 4), body])
}

function encodeValue(value: Value): [number, Buffer] {
  if (typeof value === 'number') return [0x10, int32(value)]
  if (typeof value === 'string') {
    const text = Buffer.from(`${value}\0`)
    return [0x02, Buffer.concat([int32(text.length), text])]
  }
  if (Buffer.isBuffer(value)) return [0x05, Buffer.concat([int32(value.length), Buffer.from([0]), value])]
  return [0x03, encode(value)]
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function decode(bytes: Buffer): Document {
  const result: Document = {}
  for (let at = 4; bytes[at] !== 0;) {
    const type = bytes[at] ?? 0
    const end = bytes.indexOf(0, at + 1)
    const name = bytes.toString('utf8', at + 1, end)
    const [value, size] = decodeValue(type, bytes.subarray(end + 1))
    result[name] = value
    at = end + 1 + size
  }
  return result
}

function decodeValue(type: number, bytes: Buffer): [Value, number] {
  const length = bytes.length >= 4 ? bytes.readInt32LE(0) : 0
  switch (type) {
    case 0x01:
      return [bytes.readDoubleLE(0), 8]
    case 0x02:
      return [bytes.toString('utf8', 4, 3 + length), 4 + length]
    case 0x03:
    case 0x04:
      return [decode(bytes.subarray(0, length)), length]
    case 0x05:
      return [bytes.subarray(5, 5 + length), 5 + length]
    case 0x08:
      return [bytes[0] ?? 0, 1]
    case 0x10:
      return [length, 4]
    case 0x09:
    case 0x11:
    case 0x12:
      return [Number(bytes.readBigInt64LE(0)), 8]
    default:
      throw new Error(`no decoder for type ${type}`)
  }
}
