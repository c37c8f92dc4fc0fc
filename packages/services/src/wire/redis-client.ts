import { connect, type Socket } from 'node:net'
import { MoorageError } from '@moorage/core'

/** A reply of RESP 2. */
export type Reply = string | number | null | readonly Reply[]

/**
 * A connection that speaks RESP 2, one command at a time. Throws `MoorageError` (ISOLATION_FAILED) for an error reply.
 * Source: Redis, "Redis serialization protocol specification".
 */
export class RedisClient implements Disposable {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #pending: { resolve(reply: Reply): void; reject(error: unknown): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#receive(data)).on('error', (error) => this.#pending?.reject(error))
    socket.on('close', () =>
      this.#pending?.reject(new MoorageError('ISOLATION_FAILED', 'Redis closed the connection.')),
    )
  }

  static async open(url: string): Promise<RedisClient> {
    const { hostname, port, password } = new URL(url)
    const client = new RedisClient(connect(Number(port), hostname.replace(/^\[|\]$/g, '')))
    await client.call('AUTH', decodeURIComponent(password))
    return client
  }

  async call(...words: readonly string[]): Promise<Reply> {
    const text = [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word])]
      .map((line) => `${line}\r\n`)
      .join('')
    return await new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#socket.write(text)
    })
  }

  [Symbol.dispose](): void {
    this.#pending = undefined
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    const parsed = parseReply(this.#received, 0)
    if (!parsed) return
    this.#received = this.#received.subarray(parsed.end)
    const pending = this.#pending
    this.#pending = undefined
    if (parsed.error === undefined) pending?.resolve(parsed.reply)
    else pending?.reject(new MoorageError('ISOLATION_FAILED', `Redis answered: ${parsed.error}`))
  }
}

interface ParsedReply {
  readonly reply: Reply
  /** Offset of the first byte after the reply. */
  readonly end: number
  readonly error?: string
}

/** Parses the reply at offset `start`. Undefined if it is incomplete. */
function parseReply(bytes: Buffer, start: number): ParsedReply | undefined {
  const eol = bytes.indexOf('\r\n', start)
  if (eol < 0) return undefined
  const [kind, rest, end] = [String.fromCharCode(bytes[start] ?? 0), bytes.toString('utf8', start + 1, eol), eol + 2]
  if (kind === '+') return { reply: rest, end }
  if (kind === '-') return { reply: null, end, error: rest }
  if (kind === ':') return { reply: Number(rest), end }
  const length = Number(rest)
  if (length < 0) return { reply: null, end }
  if (kind === '$')
    return bytes.length < end + length + 2
      ? undefined
      : { reply: bytes.toString('utf8', end, end + length), end: end + length + 2 }
  const items: Reply[] = []
  let at = end
  while (items.length < length) {
    const item = parseReply(bytes, at)
    if (!item) return undefined
    items.push(item.reply)
    at = item.end
  }
  return { reply: items, end: at }
}
