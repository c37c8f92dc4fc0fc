import type { Duplex } from 'node:stream'
import { MoorageError } from '../contract/errors.ts'
import { fromPlain, toPlain } from '../contract/plain-error.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import { logCall, summarizeMessage } from './debug-messages.ts'
import { MAX_MESSAGE_CHARACTERS, onLines } from './framing.ts'
import { parseMessage, type Message, type RequestMessage, type ResponseMessage } from './message.ts'
import type { EventHandlers, EventName, Events, MethodHandlers, MethodName, Params, Result } from './methods.ts'

export interface ChannelHandlers {
  readonly methods?: Partial<MethodHandlers>
  readonly events?: EventHandlers
  /** The error of calls that the connection's end leaves unanswered. Default: the supervisor is gone. */
  readonly lostError?: () => MoorageError
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: ChannelLimits
}

/** What a peer may make this process hold. Beyond one of these limits the connection is closed. */
export interface ChannelLimits {
  /** Characters in one message. */
  readonly messageCharacters: number
  /** Calls of the peer that run at the same time. */
  readonly runningCalls: number
  /** Bytes that wait for the peer to read them, besides one message. */
  readonly unreadBytes: number
}

export const DEFAULT_LIMITS: ChannelLimits = {
  messageCharacters: MAX_MESSAGE_CHARACTERS,
  runningCalls: 1_000,
  unreadBytes: 64 * 1024 * 1024,
}

/** Calls, responses and events as JSON lines over any stream: a socket, or a pair in one process. */
export class Channel {
  readonly #stream: Duplex
  readonly #handlers: ChannelHandlers
  readonly #pendingCalls = new Map<number, PromiseWithResolvers<unknown>>()
  /** Settles when the connection is closed, by either side. */
  readonly closed: Promise<void>
  readonly #limits: ChannelLimits
  #lastId = 0
  #runningCalls = 0

  constructor(stream: Duplex, handlers: ChannelHandlers) {
    this.#stream = stream
    this.#handlers = handlers
    this.#limits = handlers.limits ?? DEFAULT_LIMITS
    this.closed = new Promise((resolve) => stream.once('close', resolve))
    // A killed peer resets the connection. The 'close' that follows is handled.
    stream.on('error', () => {})
    onLines(stream, (line) => this.#receive(line), this.#limits.messageCharacters)
    // A pair in one process ends without closing by itself.
    stream.once('end', () => stream.destroy())
    void this.closed.then(() => this.#rejectPendingCalls())
  }

  /** Bytes that wait for the peer to read them. */
  get unreadBytes(): number {
    return this.#stream.writableLength
  }

  /**
   * Throws MoorageError: what the other side threw, SUPERVISOR_FAILED when the connection closes first, or USAGE for
   * parameters that are longer than a message may be.
   */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.#stream.destroyed) throw this.#lostError()
    const id = ++this.#lastId
    const response = Promise.withResolvers<unknown>()
    const line = this.#encode({ id, method, params })
    this.#pendingCalls.set(id, response)
    const log = debugLog('protocol')
    if (log) logCall(log, method, response.promise)
    this.#write(line)
    return (await response.promise) as Result<M>
  }

  sendEvent<E extends EventName>(name: E, payload: Events[E]): void {
    this.#send({ event: { [name]: payload } })
  }

  /** Resolves once the peer has read enough to take more, or the connection is closed. Await it between many events. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.#stream.off('drain', settle).off('close', settle)
        resolve()
      }
      this.#stream.once('drain', settle).once('close', settle)
    })
  }

  close(): void {
    this.#stream.destroy()
  }

  /** Closes once everything written so far has been sent. */
  end(): void {
    this.#stream.end()
  }

  #send(message: Message): void {
    this.#write(this.#encode(message))
  }

  /** Throws MoorageError (USAGE) for a message that the peer would refuse. */
  #encode(message: Message): string {
    debugLog('protocol')?.('send', summarizeMessage(message))
    const line = JSON.stringify(message)
    const { messageCharacters } = this.#limits
    if (line.length <= messageCharacters) return line
    const what = 'method' in message ? `The request '${message.method}'` : 'The response of the supervisor'
    throw new MoorageError('USAGE', `${what} has ${line.length} characters. The limit is ${messageCharacters}.`)
  }

  #write(line: string): void {
    if (!this.#stream.writable) return
    // The peer does not read, so whatever else it gets would fill the memory of this process.
    if (this.unreadBytes > this.#limits.unreadBytes) return this.close()
    this.#stream.write(`${line}\n`)
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
    if (++this.#runningCalls > this.#limits.runningCalls) return this.close()
    try {
      this.#send({ id, result: await this.#dispatch(method, params) })
    } catch (error) {
      this.#send({ id, error: toPlain(error) })
    } finally {
      this.#runningCalls -= 1
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

  #lostError(): MoorageError {
    return (this.#handlers.lostError ?? connectionLost)()
  }

  #rejectPendingCalls(): void {
    for (const { reject } of this.#pendingCalls.values()) reject(this.#lostError())
    this.#pendingCalls.clear()
  }
}

/** The error of a call when its connection has closed. */
export function connectionLost(): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', 'The supervisor that runs the services is gone.')
}
