import { encodeElement } from './bson.ts'
import { encodeMessage } from './mongodb-message.ts'

/** Encodes the request of a command with the value 1 as hex. */
export function opMsg(command: string, database: string): string {
  return encodeMessage({ [command]: 1, $db: database }).toString('hex')
}

/** A boolean or a 32-bit integer as an element of a BSON document, as hex. */
export function bsonElement(name: string, value: boolean | number): string {
  return encodeElement(name, value).toString('hex')
}
