// Messages of PostgreSQL: a type, the length, and for ReadyForQuery one byte of state. Source: PostgreSQL, "Message
// Formats".
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5])
const READY_FOR_QUERY_BYTES = READY_FOR_QUERY.length + 1
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4])

/**
 * Detects that a connection of PostgreSQL is over before the server closes it: the server has announced that it is
 * ready for a query, and the client's only bytes since then are a Terminate message. The server answers it by closing,
 * so the client need not wait for the close to arrive.
 */
export class TerminateDetector {
  #podTail: Buffer = Buffer.alloc(0)
  #clientBytes: Buffer = Buffer.alloc(0)

  onPodBytes(bytes: Buffer): void {
    this.#podTail = tailOf(this.#podTail, bytes, READY_FOR_QUERY_BYTES)
    this.#clientBytes = Buffer.alloc(0)
  }

  onClientBytes(bytes: Buffer): void {
    // One byte more than the message, so that a longer text is not taken for it.
    this.#clientBytes = tailOf(this.#clientBytes, bytes, TERMINATE.length + 1)
  }

  /** Whether the last bytes of both sides end the connection. */
  get seen(): boolean {
    return (
      this.#clientBytes.equals(TERMINATE) &&
      this.#podTail.length === READY_FOR_QUERY_BYTES &&
      this.#podTail.subarray(0, READY_FOR_QUERY.length).equals(READY_FOR_QUERY)
    )
  }
}

/** A copy, because a part would keep the whole chunk in memory. */
function tailOf(before: Buffer, bytes: Buffer, length: number): Buffer {
  if (bytes.length >= length) return Buffer.from(bytes.subarray(-length))
  return Buffer.concat([before, bytes]).subarray(-length)
}
