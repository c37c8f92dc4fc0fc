import type { Duplex } from 'node:stream'
import { MoorageError } from '../contract/errors.ts'
import { fromPlain, toPlain } from '../contract/plain-error.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import { logCall, summarizeMessage } from './debug-messages.ts'
import { parseMessage, type Message, type RequestMessage, type ResponseMessage } from './message.ts'
import type { EventHandlers, EventName, Events, MethodHandlers, MethodName, Params, Result } from './methods.ts'

export interface ChannelHandlers {
  readonly methods?: Partial<MethodHandlers>
  readonly events?: EventHandlers
}

/** Calls, responses and events as JSON lines over any stream: a socket, or a pair in one process. */
export class Channel {
  readonly #stream: Duplex
  readonly #handlers: ChannelHandlers
  readonly #pendingCalls = new Map<number, PromiseWithResolvers<unknown>>()
  /** Settles when the connection is closed, by either side. */
  readonly closed: Promise<void>
  #lastId = 0

  constructor(stream: Duplex, handlers: ChannelHandlers) {
    this.#stream = stream
    this.#handlers = handlers
    this.closed = new Promise((resolve) => stream.once('close', resolve))
    // A killed peer resets the connection. The 'close' that follows is handled.
    stream.on('error', () => {})
    onLines(stream, (line) => this.#receive(line))
    // A pair in one process ends without closing by itself.
    stream.once('end', () => stream.destroy())
    void this.closed.then(() => this.#rejectPendingCalls())
  }

  /** Throws MoorageError: what the other side threw, or SUPERVISOR_FAILED when the connection closes first. */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.#stream.destroyed) throw connectionLost()
    const id = ++this.#lastId
    const response = Promise.withResolvers<unknown>()
    this.#pendingCalls.set(id, response)
    const log = debugLog('protocol')
    if (log) logCall(log, method, response.promise)
    this.#send({ id, method, params })
    return (await response.promise) as Result<M>
  }

  sendEvent<E extends EventName>(name: E, payload: Events[E]): void {
    this.#send({ event: { [name]: payload } })
  }

  close(): void {
    this.#stream.destroy()
  }

  /** Closes once everything written so far has been sent. */
  end(): void {
    this.#stream.end()
  }

  #send(message: Message): void {
    debugLog('protocol')?.('send', summarizeMessage(message))
    if (this.#stream.writable) this.#stream.write(`${JSON.stringify(message)}\n`)
  }

  #receive(line: string): void {
    const message = parseMessage(line)
    if (message) debugLog('protocol')?.('receive', summarizeMessage(message))
    // Not a peer of ours: nothing on this connection can be trusted.
    if (!message) this.close()
    else if ('method' in message) void this.#respond(message)
    else if ('event' in message) this.#emit(message.event)
    else this.#settle(message)
  }

  async #respond({ id, method, params }: RequestMessage): Promise<void> {
    try {
      this.#send({ id, result: await this.#dispatch(method, params) })
    } catch (error) {
      this.#send({ id, error: toPlain(error) })
    }
  }

  async #dispatch(method: string, params: unknown): Promise<unknown> {
    const methods: { readonly [name: string]: ((params: never) => unknown) | undefined } = this.#handlers.methods ?? {}
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!handler) throw new MoorageError('SUPERVISOR_FAILED', `The supervisor has no method '${method}'.`)
    // The peer sends the params of this method: `call` checks their type.
    return await handler(params as never)
  }

  #emit(event: { readonly [name: string]: unknown }): void {
    const handlers: { readonly [name: string]: ((payload: never) => void) | undefined } = this.#handlers.events ?? {}
    for (const [name, payload] of Object.entries(event))
      if (Object.hasOwn(handlers, name)) handlers[name]?.(payload as never)
  }

  #settle(message: ResponseMessage): void {
    const response = this.#pendingCalls.get(message.id)
    this.#pendingCalls.delete(message.id)
    if ('error' in message) response?.reject(fromPlain(message.error))
    else response?.resolve(message.result)
  }

  #rejectPendingCalls(): void {
    for (const { reject } of this.#pendingCalls.values()) reject(connectionLost())
    this.#pendingCalls.clear()
  }
}

/** Unlike readline, ends a line at `\n` only: JSON does not escape U+2028 and U+2029. */
function onLines(stream: Duplex, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!stream.destroyed) onLine(line)
  })
}

function connectionLost(): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', 'The supervisor that runs the services is gone.')
}
