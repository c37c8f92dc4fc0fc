import type { Json } from './json.ts'
import type { PlainConnection } from './service.ts'

/** A database of a service for one worker, file or test. */
export interface Slot {
  /** The key of the service, for messages. */
  readonly service: string
  /** Unique; letters, digits and underscores, at most 63 characters. */
  readonly name: string
  /** The start of the names of all slots of the run. */
  readonly prefix: string
  /** Recreate the slot even if it exists. */
  readonly fresh: boolean
  /** Whether the owner of the slot with this name is dead, so that the slot may be removed. */
  stale(name: string): boolean
  /** Called before open sessions on the previous database of the slot are ended, with their number. */
  onLeftSessions?(count: number): void
}

export interface IsolationContext {
  /** The folder of the user's project, from which drivers are resolved. */
  readonly root: string
}

/** What the isolation module of a preset exports. */
export interface Isolation {
  /** Runs once in each run, after the seed. Stores the initial state of every slot where tests cannot change it. */
  createTemplate(connection: PlainConnection, options: Json, context: IsolationContext): Promise<void>
  /** Runs in a test worker: returns the connection of its slot, which it creates if it does not exist. */
  openSlot(connection: PlainConnection, slot: Slot, context: IsolationContext): Promise<PlainConnection>
}
