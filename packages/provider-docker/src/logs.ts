import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { cutLine, type LogLine, type LogOptions } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'
import { isConnectionLost } from './errors.ts'

/** A container whose log is read. */
export interface LogSource {
  readonly containerId: string
  /** A terminal merges both streams into one, which the engine does not frame. */
  readonly tty?: boolean | undefined
  /** Settles when the engine no longer restarts the container. Default: it never does. */
  readonly lastExit?: Promise<unknown> | undefined
}

/** Reads a container's lines, each with the stream that it was written to. */
export async function* readLogs(client: Client, source: LogSource, options: LogOptions): AsyncGenerator<LogLine> {
  if (options.follow && source.lastExit) yield* followRestarts(client, source, options)
  else yield* readPart(client, source, options)
}

/**
 * Engines end a followed log when the container ends, or go on with its next run. So lines are counted, from the first.
 */
async function* followRestarts(
  client: Client,
  source: LogSource,
  { tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const starts = new Starts(client, source)
  await starts.next(signal)
  let read = tail === undefined ? 0 : Math.max(0, (await countLines(client, source)) - tail)
  for (let follow = true; !signal?.aborted;) {
    let number = 0
    for await (const line of readPart(client, source, { follow, ...(signal ? { signal } : {}) })) {
      if (++number <= read) continue
      read = number
      yield line
    }
    if (!follow) return
    follow = await starts.next(signal)
  }
}

async function countLines(client: Client, source: LogSource): Promise<number> {
  let count = 0
  for await (const _ of readPart(client, source, {})) count++
  return count
}

async function* readPart(
  { dockerode }: Client,
  { containerId, tty = false }: LogSource,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const decoder = tty ? new TerminalDecoder() : new LogDecoder()
  const container = dockerode.getContainer(containerId)
  const options = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) }
  if (!follow) {
    yield* decoder.decode(await container.logs({ ...options, follow: false }))
    yield* decoder.flush()
    return
  }
  const source = (await container.logs({ ...options, follow: true })) as Readable
  const onAbort = (): void => void source.destroy()
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  try {
    for await (const chunk of source) yield* decoder.decode(chunk as Buffer)
    yield* decoder.flush()
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    source.destroy()
  }
}

type ContainerState = Awaited<ReturnType<ReturnType<Client['dockerode']['getContainer']>['inspect']>>['State']

const RESTART_CHECK_INTERVAL_MS = 100

/** The starts of a container that the engine restarts. */
class Starts {
  readonly #client: Client
  readonly #containerId: string
  #startedAt: string | undefined
  #hasEnded = false

  constructor(client: Client, { containerId, lastExit }: LogSource) {
    this.#client = client
    this.#containerId = containerId
    void lastExit?.then(() => (this.#hasEnded = true))
  }

  /** Waits for the next start. Returns false when there is none. */
  async next(signal: AbortSignal | undefined): Promise<boolean> {
    while (!this.#hasEnded && !signal?.aborted) {
      const state = await this.#state()
      if (state === 'removed') return false
      if (state?.Running && !state.Restarting && state.StartedAt !== this.#startedAt) {
        this.#startedAt = state.StartedAt
        return true
      }
      await sleep(RESTART_CHECK_INTERVAL_MS)
    }
    return false
  }

  /** Undefined when the engine could not tell. */
  async #state(): Promise<ContainerState | 'removed' | undefined> {
    const { dockerode } = this.#client
    return await dockerode
      .getContainer(this.#containerId)
      .inspect()
      .then(
        ({ State }) => State,
        (error: unknown) => {
          if (isConnectionLost(error)) throw error
          return (error as { readonly statusCode?: number }).statusCode === 404 ? 'removed' : undefined
        },
      )
  }
}

/**
 * Decodes the engine's frames into lines. Source: Docker Engine API, "Attach to a container", stream format: one byte
 * for the stream, three zeros, four bytes of length, payload. A frame can end in the middle of a line.
 */
class LogDecoder {
  #bytes: Buffer = Buffer.alloc(0)
  // The semicolon keeps the asterisk of the next member from being parsed as a multiplication.
  readonly #partialLines = { stdout: '', stderr: '' };

  *decode(chunk: Buffer): Generator<LogLine> {
    this.#bytes = this.#bytes.length ? Buffer.concat([this.#bytes, chunk]) : chunk
    while (this.#bytes.length >= 8) {
      const frameEnd = 8 + this.#bytes.readUInt32BE(4)
      if (this.#bytes.length < frameEnd) return
      const stream = this.#bytes[0] === 2 ? 'stderr' : 'stdout'
      const lines = (this.#partialLines[stream] + this.#bytes.toString('utf8', 8, frameEnd)).split('\n')
      this.#bytes = this.#bytes.subarray(frameEnd)
      const { pieces, rest } = cutLine(lines.pop() ?? '')
      this.#partialLines[stream] = rest
      for (const text of lines) yield { stream, text: text.replace(/\r$/, '') }
      for (const text of pieces) yield { stream, text }
    }
  }

  /** The last lines, where the container ended them without a newline. */
  *flush(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partialLines[stream]) yield { stream, text: this.#partialLines[stream] }
    }
  }
}

/** Decodes the output of a terminal into lines. */
class TerminalDecoder {
  readonly #characters = new StringDecoder('utf8')
  #partialLine = '';

  *decode(chunk: Buffer): Generator<LogLine> {
    const lines = (this.#partialLine + this.#characters.write(chunk)).split('\n')
    const { pieces, rest } = cutLine(lines.pop() ?? '')
    this.#partialLine = rest
    for (const text of [...lines, ...pieces]) yield { stream: 'stdout', text: text.replace(/\r$/, '') }
  }

  *flush(): Generator<LogLine> {
    if (this.#partialLine) yield { stream: 'stdout', text: this.#partialLine }
  }
}
