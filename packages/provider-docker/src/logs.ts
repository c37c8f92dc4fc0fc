import type { Readable } from 'node:stream'
import { cutLine, type LogLine, type LogOptions } from '@moorage/core'
import type { Client } from './engine/client.ts'

/** A container's lines, stdout and stderr told apart. */
export async function* readLogs(
  { engine }: Client,
  id: string,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const lines = new Lines()
  const options = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) }
  if (!follow) {
    yield* lines.take(await engine.getContainer(id).logs({ ...options, follow: false }))
    yield* lines.rest()
    return
  }
  const source = (await engine.getContainer(id).logs({ ...options, follow: true })) as Readable
  const stop = (): void => void source.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    for await (const chunk of source) yield* lines.take(chunk as Buffer)
    yield* lines.rest()
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    source.destroy()
  }
}

/**
 * Frames into lines. Source: Docker Engine API, "Attach to a container", stream format: one byte for the stream, three
 * zeros, four bytes of length, payload. A frame need not end where a line does.
 */
class Lines {
  #bytes: Buffer = Buffer.alloc(0)
  // Without the semicolon the asterisk below would multiply.
  readonly #partial = { stdout: '', stderr: '' };

  *take(chunk: Buffer): Generator<LogLine> {
    this.#bytes = this.#bytes.length ? Buffer.concat([this.#bytes, chunk]) : chunk
    while (this.#bytes.length >= 8) {
      const end = 8 + this.#bytes.readUInt32BE(4)
      if (this.#bytes.length < end) return
      const stream = this.#bytes[0] === 2 ? 'stderr' : 'stdout'
      const [...parts] = (this.#partial[stream] + this.#bytes.toString('utf8', 8, end)).split('\n')
      this.#bytes = this.#bytes.subarray(end)
      const { pieces, rest } = cutLine(parts.pop() ?? '')
      this.#partial[stream] = rest
      for (const text of parts) yield { stream, text: text.replace(/\r$/, '') }
      for (const text of pieces) yield { stream, text }
    }
  }

  *rest(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream]) yield { stream, text: this.#partial[stream] }
    }
  }
}
