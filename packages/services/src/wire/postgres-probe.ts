// Version 3.0: the major version in the upper 16 bits.
const PROTOCOL_VERSION = 196_608

/** The server's message that no password is needed, as hex. Source: as {@link startupMessage}, "Message Formats". */
export const AUTHENTICATION_OK = '520000000800000000'

/** The client's message that ends a session, as hex. Source: as {@link AUTHENTICATION_OK}. */
export const TERMINATE = '5800000004'

/**
 * Encodes a StartupMessage as hex. Source: PostgreSQL manual, "Frontend/Backend Protocol", protocol version 3.0.
 * The answer begins with R (authentication) once the server accepts connections, and with E (57P03) before.
 */
export function startupMessage(user: string, database: string): string {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`)
  const header = Buffer.alloc(8)
  header.writeInt32BE(8 + body.length, 0)
  header.writeInt32BE(PROTOCOL_VERSION, 4)
  return Buffer.concat([header, body]).toString('hex')
}
