import { decodeDocument, encodeDocument, type BsonDocument } from './bson.ts'

const OP_MSG = 2013
const HEADER_BYTES = 16
// Flags, and the kind of the only section.
const PREFIX_BYTES = 5

/** Encodes an OP_MSG with one section. Source: MongoDB wire protocol, "OP_MSG". */
export function encodeMessage(document: BsonDocument): Buffer {
  const body = encodeDocument(document)
  const head = Buffer.alloc(HEADER_BYTES + PREFIX_BYTES)
  head.writeInt32LE(head.length + body.length, 0)
  // The request id. The answer refers to it, and one connection has one request at a time.
  head.writeInt32LE(1, 4)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}

/** Decodes the first message of `bytes`. Undefined while it is incomplete. */
export function decodeMessage(bytes: Buffer): { readonly document: BsonDocument; readonly length: number } | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const length = bytes.readInt32LE(0)
  if (bytes.length < length) return undefined
  return { document: decodeDocument(bytes.subarray(HEADER_BYTES + PREFIX_BYTES, length)), length }
}
