import type { Duplex } from 'node:stream'
import { MoorageError } from '../contract/errors.ts'
import { fromPlain, toPlain, type PlainError } from '../contract/plain-error.ts'
import type { Json } from '../contract/json.ts'

/** Grows with every change that an older peer would not understand. */
export const PROTOCOL_VERSION = 3

/** The refusal where two versions meet. */
export function protocolMismatch(supervisor: number, client: number): MoorageError {
  const hint = 'Two versions of moorage share one project: let its first run end, or bring both to the same version.'
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor speaks protocol ${supervisor}, this client ${client}.`, {
    hint,
  })
}

export function requireProtocol(protocol: number): void {
  if (protocol !== PROTOCOL_VERSION) throw protocolMismatch(PROTOCOL_VERSION, protocol)
}

type Message =
  | { readonly id: number; readonly method: string; readonly params: Json }
  | { readonly id: number; readonly ok: Json }
  | { readonly id: number; readonly error: PlainError }
  | { readonly event: Json }

export interface ChannelHandlers {
  /** Answers a call of the other side. */
  handle?(method: string, params: Json): Promise<Json>
  event?(event: Json): void
}

/** Calls, answers and events as JSON lines over any stream: a socket, or a pair in one process. */
export class Channel {
  readonly #stream: Duplex
  readonly #handlers: ChannelHandlers
  readonly #waiting = new Map<number, PromiseWithResolvers<Json>>()
  /** Settles when the other side is gone, for whatever reason. */
  readonly closed: Promise<void>
  #last = 0

  constructor(stream: Duplex, handlers: ChannelHandlers) {
    this.#stream = stream
    this.#handlers = handlers
    this.closed = new Promise((done) => stream.once('close', done))
    // A peer that is killed resets the connection: 'close' follows and says all there is to say.
    stream.on('error', () => {})
    onLines(stream, (line) => this.#receive(line))
    // A pair in one process ends without closing by itself.
    stream.once('end', () => stream.destroy())
    void this.closed.then(() => this.#fail())
  }

  async call(method: string, params: Json): Promise<Json> {
    if (this.#stream.destroyed) throw connectionLost()
    const id = ++this.#last
    const answer = Promise.withResolvers<Json>()
    this.#waiting.set(id, answer)
    this.#send({ id, method, params })
    return await answer.promise
  }

  sendEvent(event: Json): void {
    this.#send({ event })
  }

  close(): void {
    this.#stream.destroy()
  }

  /** Closes when what was written has left. */
  end(): void {
    this.#stream.end()
  }

  #send(message: Message): void {
    if (this.#stream.writable) this.#stream.write(`${JSON.stringify(message)}\n`)
  }

  #receive(line: string): void {
    const message = parseMessage(line)
    // Not one of us: nothing on this connection can be trusted.
    if (!message) this.close()
    else if ('method' in message) void this.#answer(message)
    else if ('event' in message) this.#handlers.event?.(message.event)
    else this.#settle(message)
  }

  async #answer({
    id,
    method,
    params,
  }: {
    readonly id: number
    readonly method: string
    readonly params: Json
  }): Promise<void> {
    try {
      const { handle } = this.#handlers
      if (!handle) throw new MoorageError('SUPERVISOR_FAILED', `This end answers no calls (${method}).`)
      this.#send({ id, ok: await handle(method, params) })
    } catch (error) {
      this.#send({ id, error: toPlain(error) })
    }
  }

  #settle(
    message: { readonly id: number; readonly ok: Json } | { readonly id: number; readonly error: PlainError },
  ): void {
    const answer = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('ok' in message) answer?.resolve(message.ok)
    else answer?.reject(fromPlain(message.error))
  }

  #fail(): void {
    for (const { reject } of this.#waiting.values()) reject(connectionLost())
    this.#waiting.clear()
  }
}

/** Not by readline, which also ends a line at U+2028 and U+2029: JSON leaves those as they are. */
function onLines(stream: Duplex, receive: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!stream.destroyed) receive(line)
  })
}

function parseMessage(line: string): Message | undefined {
  try {
    const value = JSON.parse(line) as Partial<Record<'id' | 'method' | 'ok' | 'error' | 'event', unknown>> | null
    if (typeof value !== 'object' || value === null) return undefined
    const answers =
      typeof value.id === 'number' && ('ok' in value || 'error' in value || typeof value.method === 'string')
    return answers || 'event' in value ? (value as Message) : undefined
  } catch {
    return undefined
  }
}

function connectionLost(): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', 'The supervisor that holds the services is gone.')
}
