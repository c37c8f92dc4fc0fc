/**
 * Encodes an OP_MSG request as hex. Source: MongoDB wire protocol, "OP_MSG"; BSON specification 1.1.
 * Covers only what a probe needs: a command with the value 1, and the database.
 */
export function opMsg(command: string, database: string): string {
  const body = bsonDocument([bsonInt32(command, 1), bsonString('$db', database)])
  // Header: length, request id, response to, opcode 2013. Then no flags, and a section of kind 0.
  const header = [
    int32Bytes(16 + 4 + 1 + body.length),
    int32Bytes(1),
    int32Bytes(0),
    int32Bytes(2013),
    int32Bytes(0),
    Buffer.of(0),
  ]
  return Buffer.concat([...header, body]).toString('hex')
}

/** A boolean element of a BSON document, as hex. */
export function bsonBoolean(name: string, value: boolean): string {
  return Buffer.concat([element(0x08, name), Buffer.of(value ? 1 : 0)]).toString('hex')
}

function bsonDocument(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements)
  return Buffer.concat([int32Bytes(4 + body.length + 1), body, Buffer.of(0)])
}

/** A 32-bit integer element of a BSON document, as bytes. */
export function bsonInt32(name: string, value: number): Buffer {
  return Buffer.concat([element(0x10, name), int32Bytes(value)])
}

function bsonString(name: string, value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`)
  return Buffer.concat([element(0x02, name), int32Bytes(bytes.length), bytes])
}

function element(type: number, name: string): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`)])
}

function int32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
