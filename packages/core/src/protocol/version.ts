import { MoorageError } from '../contract/errors.ts'

/** Increases with every change that an older peer would not understand. */
export const PROTOCOL_VERSION = 6

/** The error where two versions of moorage meet. */
export function protocolMismatch(supervisor: number, client: number): MoorageError {
  const message = `The supervisor uses protocol ${supervisor}, this client uses protocol ${client}.`
  const hint =
    'The project uses two versions of moorage. Wait until the first run ends, or install the same version in both places.'
  return new MoorageError('SUPERVISOR_FAILED', message, { hint })
}

/** For the supervisor: throws MoorageError (SUPERVISOR_FAILED) for a client of another version. */
export function requireSameProtocol(client: number): void {
  if (client !== PROTOCOL_VERSION) throw protocolMismatch(PROTOCOL_VERSION, client)
}
