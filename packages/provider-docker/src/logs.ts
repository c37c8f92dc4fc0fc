import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { cutLine, type LogLine, type LogOptions } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'

/** A container whose log is read. */
export interface LogSource {
  readonly containerId: string
  /** A terminal merges both streams into one, which the engine does not frame. */
  readonly tty?: boolean | undefined
}

/** Reads a container's lines, each with the stream that it was written to. */
export async function* readLogs(
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
