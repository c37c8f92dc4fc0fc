import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { MoorageError } from '@moorage/core'
import type { BsonDocument } from './bson.ts'
import { decodeMessage, encodeMessage } from './mongodb-message.ts'
import { SCRAM_MECHANISM, ScramExchange } from './scram.ts'

/** The error reply of a command. Source: MongoDB, "Error Codes". */
export class CommandError extends Error {
  /** The number of the error. */
  readonly code: number

  constructor({ errmsg, code }: BsonDocument) {
    super(String(errmsg))
    this.code = Number(code)
  }
}

/**
 * A connection to a MongoDB server, one command at a time, logged in if the URL has a user. Unlike the driver, which a
 * project need not have, it does only what administration needs. Source: MongoDB wire protocol; Authentication
 * specification, SCRAM-SHA-256.
 */
export class MongodbClient implements Disposable {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #pending: { resolve(reply: BsonDocument): void; reject(error: unknown): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#receive(data)).on('error', (error) => this.#pending?.reject(error))
    socket.on('close', () =>
      this.#pending?.reject(new MoorageError('START_FAILED', 'MongoDB closed the connection.', { phase: 'ready' })),
    )
  }

  static async open(url: string): Promise<MongodbClient> {
    const { hostname, port, username, password } = new URL(url)
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
    await once(socket, 'connect')
    const client = new MongodbClient(socket)
    try {
      if (username) await client.#logIn(decodeURIComponent(username), decodeURIComponent(password))
      return client
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** Runs a command on the database `admin`. Throws the server's `CommandError`. */
  async command(document: BsonDocument): Promise<BsonDocument> {
    const reply = await new Promise<BsonDocument>((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#socket.write(encodeMessage({ ...document, $db: 'admin' }))
    })
    if (reply['ok'] !== 1) throw new CommandError(reply)
    return reply
  }

  [Symbol.dispose](): void {
    this.#pending = undefined
    this.#socket.destroy()
  }

  async #logIn(user: string, password: string): Promise<void> {
    const scram = new ScramExchange(user)
    const options = { skipEmptyExchange: true }
    const start = { saslStart: 1, mechanism: SCRAM_MECHANISM, payload: Buffer.from(scram.first), options }
    const { conversationId = 1, payload } = await this.command(start)
    const final = Buffer.from(scram.final(String(payload), password))
    const { done } = await this.command({ saslContinue: 1, conversationId, payload: final })
    if (done !== true) await this.command({ saslContinue: 1, conversationId, payload: Buffer.alloc(0) })
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    const message = decodeMessage(this.#received)
    if (!message) return
    this.#received = this.#received.subarray(message.length)
    this.#pending?.resolve(message.document)
    this.#pending = undefined
  }
}
