import type { Json } from './json.ts'
import type { PlainConnection } from './service.ts'

/** What a worker asks of a service for itself. */
export interface Slot {
  /** The service's key, for messages. */
  readonly service: string
  /** Letters, digits and underscores, 63 at most; nobody else has it. */
  readonly name: string
  /** Begins the names of all slots of the run. */
  readonly prefix: string
  /** Begin anew, whatever is there. */
  readonly fresh: boolean
  /** Whether a slot's owner is gone, by its name: it may be removed. */
  stale(name: string): boolean
}

export interface IsolationContext {
  /** The folder of the user's project, whose drivers are used. */
  readonly root: string
}

/** What a preset's isolation module exports. */
export interface Isolation {
  /** Once per run, after the seed: keeps what every slot begins with, out of reach of tests. */
  createTemplate(connection: PlainConnection, options: Json, context: IsolationContext): Promise<void>
  /** In a worker: the connection of its slot, made when it is not there. */
  openSlot(connection: PlainConnection, slot: Slot, context: IsolationContext): Promise<PlainConnection>
}
