import type { Channel } from '../protocol/channel.ts'
import type { Progress } from '../contract/progress.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import { withTimeout, type Clock } from '../provider-kit/clock.ts'

// For a client to read its last response.
const FLUSH_TIMEOUT_MS = 1_000
// Progress for a client that does not read, because it is stopped for example.
const MAX_UNREAD_PROGRESS_BYTES = 1024 * 1024

/** The connections to a supervisor, and which of them use the run. */
export class ConnectedClients {
  readonly #all = new Set<Channel>()
  /** Clients that have opened or updated the run. */
  readonly #users = new Set<Channel>()
  /** Clients that only inspect the run. The others use it, or are about to. */
  readonly #observers = new Set<Channel>()
  /** Users whose request has been accepted: they learn why the run ended. Others connect again. */
  readonly #accepted = new Set<Channel>()

  add(client: Channel): void {
    this.#all.add(client)
    debugLog('supervisor')?.('connected', { clients: this.#all.size })
  }

  addObserver(client: Channel): void {
    this.#observers.add(client)
  }

  addUser(client: Channel): void {
    this.#users.add(client)
    this.#observers.delete(client)
    debugLog('supervisor')?.('admitted', { users: this.#users.size })
  }

  setAccepted(client: Channel, accepted: boolean): void {
    if (accepted) this.#accepted.add(client)
    else this.#accepted.delete(client)
  }

  remove(client: Channel): void {
    for (const set of [this.#all, this.#users, this.#observers, this.#accepted]) set.delete(client)
    debugLog('supervisor')?.('left', { clients: this.#all.size, users: this.#users.size })
  }

  /** Whether no client uses the run, or may be about to. */
  get isUnused(): boolean {
    return [...this.#all].every((client) => this.#observers.has(client))
  }

  /** Whether no other client uses the run, or may be about to. */
  isLast(client: Channel): boolean {
    return [...this.#all].every((other) => other === client || this.#observers.has(other))
  }

  countOtherUsers(client: Channel): number {
    return [...this.#users].filter((other) => other !== client).length
  }

  broadcast(progress: Progress): void {
    for (const client of this.#all)
      if (client.unreadBytes < MAX_UNREAD_PROGRESS_BYTES) client.sendEvent('progress', progress)
  }

  /** Resolves when all clients have read what was sent to them, or after a second. */
  async closeAll(reason: string, clock: Clock): Promise<void> {
    const closed = [...this.#all].map((client) => {
      if (this.#accepted.has(client)) client.sendEvent('ended', reason)
      else client.sendEvent('reconnect', true)
      client.end()
      return client.closed
    })
    await withTimeout(Promise.all(closed), { clock, ms: FLUSH_TIMEOUT_MS, late: () => [] })
    for (const client of this.#all) client.close()
  }
}
