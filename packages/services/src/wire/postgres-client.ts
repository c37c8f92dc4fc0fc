import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { MoorageError } from '@moorage/core'
import { DatabaseError, parse, serialize } from '../vendor/pg-protocol.ts'
import { SCRAM_MECHANISM, ScramExchange } from './scram.ts'

const COPY_CHUNK_BYTES = 64 * 1024

/** A row in text format, by column. */
export type SqlRow = { readonly [column: string]: string | null }

/** A message of the server, with the members that are used. */
interface BackendMessage {
  readonly name: string
  readonly fields?: readonly unknown[]
  readonly mechanisms?: readonly string[]
  readonly data?: string
  readonly salt?: Buffer
  readonly message?: string
  readonly parameterName?: string
  readonly parameterValue?: string
}

interface PendingQuery {
  readonly rows: SqlRow[]
  columns: readonly string[]
  error?: Error
  /** Returns the data of `COPY … FROM STDIN`. */
  readonly copyData: () => Buffer
  readonly resolve: (rows: readonly SqlRow[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * One session of a PostgreSQL server, with the simple query protocol. Unlike the drivers of a project it reads no
 * variables such as PGSSLMODE or PGOPTIONS, sends bytes as they are, and does COPY. Source: PostgreSQL manual,
 * "Frontend/Backend Protocol". `query` throws the server's `DatabaseError`.
 */
export class PostgresClient implements AsyncDisposable {
  /** Whether backslashes in ordinary strings stand for themselves. The server reports each change. */
  standardStrings = true
  /** Gets the text of each notice. */
  onNotice = (_text: string): void => {}
  readonly #socket: Socket
  readonly #scram = new ScramExchange()
  readonly #password: string
  readonly #user: string
  #pending: PendingQuery | undefined

  private constructor(socket: Socket, { user, password }: { readonly user: string; readonly password: string }) {
    this.#socket = socket
    this.#user = user
    this.#password = password
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new MoorageError('SEED_FAILED', 'PostgreSQL closed the connection.')))
    void parse(socket, (message) => this.#receive(message as BackendMessage))
  }

  static async open(url: string): Promise<PostgresClient> {
    const { hostname, port, username, password, pathname } = new URL(url)
    const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) }
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
    const client = new PostgresClient(socket, login)
    const ready = client.#ask(() => Buffer.alloc(0))
    socket.write(serialize.startup({ user: login.user, database: decodeURIComponent(pathname.slice(1)) }))
    try {
      await ready
    } catch (error) {
      socket.destroy()
      throw error
    }
    return client
  }

  /** Runs one or more statements and returns the rows of all of them. A string is sent as UTF-8. */
  async query(sql: string | Buffer, copyData = (): Buffer => Buffer.alloc(0)): Promise<readonly SqlRow[]> {
    const text = typeof sql === 'string' ? Buffer.from(sql) : sql
    const header = Buffer.from('Q\0\0\0\0')
    header.writeInt32BE(4 + text.length + 1, 1)
    const answer = this.#ask(copyData)
    this.#socket.write(Buffer.concat([header, text, Buffer.of(0)]))
    return await answer
  }

  /** Ends the session, and waits until the server has closed it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.destroyed) return
    const closed = once(this.#socket, 'close')
    this.#socket.end(serialize.end())
    await closed
  }

  async #ask(copyData: () => Buffer): Promise<readonly SqlRow[]> {
    return await new Promise((resolve, reject) => {
      this.#pending = { rows: [], columns: [], copyData, resolve, reject }
    })
  }

  #fail(error: unknown): void {
    this.#pending?.reject(error)
    this.#pending = undefined
  }

  #receive(message: BackendMessage): void {
    if (message.name.startsWith('authentication')) return this.#authenticate(message)
    if (message.name === 'notice') return this.onNotice(message.message ?? '')
    if (message.name === 'parameterStatus' && message.parameterName === 'standard_conforming_strings')
      this.standardStrings = message.parameterValue === 'on'
    const query = this.#pending
    if (!query) return
    if (message.name === 'rowDescription')
      query.columns = (message.fields as { readonly name: string }[]).map(({ name }) => name)
    else if (message.name === 'dataRow')
      query.rows.push(Object.fromEntries(query.columns.map((name, i) => [name, message.fields?.[i] as string | null])))
    else if (message.name === 'copyInResponse') this.#copyIn(query)
    else if (message.name === 'error') query.error ??= message as unknown as DatabaseError
    else if (message.name === 'readyForQuery') {
      this.#pending = undefined
      if (query.error) query.reject(query.error)
      else query.resolve(query.rows)
    }
    // A session that is not open yet, or is being closed, gets no ReadyForQuery after an error.
    if (message.name === 'error' && (message as unknown as DatabaseError).severity === 'FATAL') this.#fail(query.error)
  }

  #copyIn(query: PendingQuery): void {
    let data: Buffer
    try {
      data = query.copyData()
    } catch (error) {
      query.error ??= error as Error
      this.#socket.write(serialize.copyFail(String(error)))
      return
    }
    for (let at = 0; at < data.length; at += COPY_CHUNK_BYTES)
      this.#socket.write(serialize.copyData(data.subarray(at, at + COPY_CHUNK_BYTES)))
    this.#socket.write(serialize.copyDone())
  }

  #authenticate({ name, mechanisms = [], data = '', salt }: BackendMessage): void {
    if (name === 'authenticationSASL' && mechanisms.includes(SCRAM_MECHANISM))
      this.#socket.write(serialize.sendSASLInitialResponseMessage(SCRAM_MECHANISM, this.#scram.first))
    else if (name === 'authenticationSASLContinue')
      this.#socket.write(serialize.sendSCRAMClientFinalMessage(this.#scram.final(data, this.#password)))
    else if (name === 'authenticationCleartextPassword') this.#socket.write(serialize.password(this.#password))
    else if (name === 'authenticationMD5Password' && salt) {
      const inner = md5(Buffer.from(this.#password + this.#user))
      this.#socket.write(serialize.password(`md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`))
    } else if (name !== 'authenticationOk' && name !== 'authenticationSASLFinal')
      this.#fail(
        new MoorageError(
          'SEED_FAILED',
          `PostgreSQL requires an authentication method that moorage does not support: ${name}.`,
        ),
      )
  }
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}
