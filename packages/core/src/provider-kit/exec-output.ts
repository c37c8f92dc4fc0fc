import { MoorageError } from '../contract/errors.ts'

/** The most that a command in a service may write, stdout and stderr together: its caller gets all of it at once. */
export const MAX_EXEC_OUTPUT_BYTES: number = 8 * 1024 * 1024

/** Collects the output of a command in a service. */
export class ExecOutput {
  readonly #command: readonly string[]
  readonly #maxBytes: number
  readonly #parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  #bytes = 0

  constructor(command: readonly string[], maxBytes: number = MAX_EXEC_OUTPUT_BYTES) {
    this.#command = command
    this.#maxBytes = maxBytes
  }

  /** Returns the error (USAGE) to reject with when the command has written too much; then stop the command. */
  add(stream: 'stdout' | 'stderr', bytes: Buffer): MoorageError | undefined {
    this.#bytes += bytes.length
    if (this.#bytes <= this.#maxBytes) {
      this.#parts[stream].push(bytes)
      return undefined
    }
    for (const parts of Object.values(this.#parts)) parts.length = 0
    const limit = `${this.#maxBytes / 1024 / 1024} MiB`
    return new MoorageError('USAGE', `exec: '${this.#command.join(' ')}' wrote more than ${limit} and was stopped.`, {
      hint: 'Limit what it writes, or let it write to a file inside the service.',
    })
  }

  get stdout(): string {
    return Buffer.concat(this.#parts.stdout).toString()
  }

  get stderr(): string {
    return Buffer.concat(this.#parts.stderr).toString()
  }
}
