import { connect, type Socket } from 'node:net'
import { MoorageError } from '@moorage/core'

export type Reply = string | number | null | readonly Reply[]

/** One connection that speaks RESP 2, a command at a time. Source: Redis, "Redis serialization protocol specification". */
export class RedisClient implements Disposable {
  readonly #socket: Socket
  #read = Buffer.alloc(0)
  #waiting: { done(reply: Reply): void; fail(error: unknown): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#take(data)).on('error', (error) => this.#waiting?.fail(error))
    socket.on('close', () =>
      this.#waiting?.fail(new MoorageError('ISOLATION_FAILED', 'Redis has closed the connection.')),
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
    return await new Promise((done, fail) => {
      this.#waiting = { done, fail }
      this.#socket.write(text)
    })
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    this.#read = Buffer.concat([this.#read, data])
    const parsed = parse(this.#read, 0)
    if (!parsed) return
    this.#read = this.#read.subarray(parsed.end)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (parsed.error === undefined) waiting?.done(parsed.reply)
    else waiting?.fail(new MoorageError('ISOLATION_FAILED', `Redis says: ${parsed.error}`))
  }
}

interface Parsed {
  readonly reply: Reply
  readonly end: number
  readonly error?: string
}

/** A reply that begins at `start`; nothing while it is incomplete. */
function parse(bytes: Buffer, start: number): Parsed | undefined {
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
    const item = parse(bytes, at)
    if (!item) return undefined
    items.push(item.reply)
    at = item.end
  }
  return { reply: items, end: at }
}
