/**
 * A start-up message as bytes. Source: PostgreSQL manual, "Frontend/Backend Protocol", StartupMessage, version 3.0.
 * The answer begins with R (authentication) once the server takes connections; until then with E (57P03).
 */
export function startup(user: string, database: string): string {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.length, 0)
  head.writeInt32BE(196_608, 4)
  return Buffer.concat([head, body]).toString('hex')
}
