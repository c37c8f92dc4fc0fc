import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, type JsonObject, type PlainConnection } from '@moorage/core'
import { CommandError, MongodbClient } from '../wire/mongodb-client.ts'

// Source: MongoDB, "Error Codes", AlreadyInitialized.
const ALREADY_INITIALIZED = 23

// The election takes some tens of milliseconds.
const POLL_INTERVAL_MS = 10

/** The name of every replica set. */
export const REPLICA_SET = 'rs0'

/**
 * Makes a server the only member of its replica set, and waits until it accepts writes. `options.member` is the address
 * at which the server reaches itself, by default that of the connection. Throws `MoorageError` (START_FAILED).
 */
export async function prepare(connection: PlainConnection, options: JsonObject): Promise<void> {
  const host = String(options['member'] ?? `${String(connection['host'])}:${String(connection['port'])}`)
  using client = await MongodbClient.open(String(connection['url'])).catch((error: unknown): never => {
    throw refused('the login', error)
  })
  try {
    await client.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host }] } })
  } catch (error) {
    if (!(error instanceof CommandError && error.code === ALREADY_INITIALIZED))
      throw refused('to initiate the replica set', error)
  }
  while ((await client.command({ hello: 1 }))['isWritablePrimary'] !== true) await sleep(POLL_INTERVAL_MS)
}

function refused(what: string, error: unknown): unknown {
  if (!(error instanceof CommandError)) return error
  return new MoorageError('START_FAILED', `MongoDB refuses ${what}: ${error.message.replace(/\.$/, '')}.`, {
    phase: 'ready',
    hint: 'An image of your own must pass the arguments of its command on to mongod, such as --replSet.',
    cause: error,
  })
}
