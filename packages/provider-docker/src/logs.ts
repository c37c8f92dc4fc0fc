import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { LineSplitter, type LogLine, type LogOptions } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'
import { openLog } from './engine/open-log.ts'
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
  client: Client,
  { containerId, tty = false }: LogSource,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const decoder = tty ? new TerminalDecoder() : new LogDecoder()
  const source = await openLog(client, containerId, { follow, tail })
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
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };

  *decode(chunk: Buffer): Generator<LogLine> {
    this.#bytes = this.#bytes.length ? Buffer.concat([this.#bytes, chunk]) : chunk
    while (this.#bytes.length >= 8) {
      const frameEnd = 8 + this.#bytes.readUInt32BE(4)
      if (this.#bytes.length < frameEnd) return
      const stream = this.#bytes[0] === 2 ? 'stderr' : 'stdout'
      const lines = this.#splitters[stream].add(this.#bytes.toString('utf8', 8, frameEnd))
      this.#bytes = this.#bytes.subarray(frameEnd)
      for (const text of lines) yield { stream, text }
    }
  }

  /** The last lines, where the container ended them without a newline. */
  *flush(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const { rest } = this.#splitters[stream]
      if (rest) yield { stream, text: rest }
    }
  }
}

/** Decodes the output of a terminal into lines. */
class TerminalDecoder {
  readonly #characters = new StringDecoder('utf8')
  readonly #splitter = new LineSplitter();

  *decode(chunk: Buffer): Generator<LogLine> {
    for (const text of this.#splitter.add(this.#characters.write(chunk))) yield { stream: 'stdout', text }
  }

  *flush(): Generator<LogLine> {
    const { rest } = this.#splitter
    if (rest) yield { stream: 'stdout', text: rest }
  }
}
