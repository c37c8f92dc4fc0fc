/** Why an operation that several services wait for has not succeeded yet. */
export class PendingReason {
  readonly #listeners = new Set<(reason: string) => void>()
  #last: string | undefined

  add(reason: string): void {
    this.#last = reason
    for (const listener of this.#listeners) listener(reason)
  }

  /**
   * Calls the listener with the last reason, if there is one, and with each later one. Returns what unsubscribes it.
   */
  subscribe(listener: (reason: string) => void): () => void {
    this.#listeners.add(listener)
    if (this.#last !== undefined) listener(this.#last)
    return () => void this.#listeners.delete(listener)
  }
}
