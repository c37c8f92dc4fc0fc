import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { LineSplitter, type LogLine } from '@moorage/core/provider'

const CHUNK_BYTES = 64 * 1024

/** Reads the lines of a file that grows. */
export class FileLines {
  readonly #path: string
  readonly #stream: LogLine['stream']
  readonly #decoder = new StringDecoder('utf8')
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  #file: FileHandle | undefined
  readonly #endBytes: number
  readonly #splitter = new LineSplitter()
  #position = 0

  /** Reads up to `endBytes`, which may be infinite. */
  constructor(folder: string, stream: LogLine['stream'], endBytes: number) {
    this.#endBytes = endBytes
    this.#path = join(folder, stream)
    this.#stream = stream
  }

  /** The lines of the next part of the file; undefined at its present end. */
  async next(): Promise<readonly LogLine[] | undefined> {
    const maxBytes = Math.min(CHUNK_BYTES, this.#endBytes - this.#position)
    if (maxBytes <= 0) return undefined
    this.#file ??= await open(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    const { bytesRead = 0 } = (await this.#file?.read(this.#buffer, 0, maxBytes, this.#position)) ?? {}
    if (!bytesRead) return undefined
    this.#position += bytesRead
    const text = this.#decoder.write(this.#buffer.subarray(0, bytesRead))
    return this.#splitter.add(text).map((line) => this.#line(line))
  }

  /** The line that the file does not end. */
  rest(): readonly LogLine[] {
    const { rest } = this.#splitter
    return rest ? [this.#line(rest)] : []
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  #line(text: string): LogLine {
    return { stream: this.#stream, text }
  }
}
