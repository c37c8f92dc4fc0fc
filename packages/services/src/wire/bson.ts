export type BsonValue = string | number | bigint | boolean | null | Buffer | BsonDocument | readonly BsonValue[]

export interface BsonDocument {
  readonly [name: string]: BsonValue
}

const TYPE = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  boolean: 8,
  null: 10,
  int32: 16,
  int64: 18,
} as const

// Types of which only the length matters: object id, date, timestamp.
const FIXED_LENGTHS: { readonly [type: number]: number } = { 7: 12, 9: 8, 17: 8 }

/** Encodes a document. A number becomes a 32-bit integer. Source: BSON specification 1.1. */
export function encodeDocument(document: BsonDocument): Buffer {
  const body = Buffer.concat(Object.entries(document).map(([name, value]) => encodeElement(name, value)))
  return Buffer.concat([int32(4 + body.length + 1), body, Buffer.of(0)])
}

/** Encodes one element of a document. */
export function encodeElement(name: string, value: BsonValue): Buffer {
  const [type, bytes] = encodeValue(value)
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), bytes])
}

function encodeValue(value: BsonValue): readonly [type: number, bytes: Buffer] {
  if (value === null) return [TYPE.null, Buffer.alloc(0)]
  if (typeof value === 'boolean') return [TYPE.boolean, Buffer.of(value ? 1 : 0)]
  if (typeof value === 'number') return [TYPE.int32, int32(value)]
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return [TYPE.int64, bytes]
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(`${value}\0`)
    return [TYPE.string, Buffer.concat([int32(bytes.length), bytes])]
  }
  // The generic subtype.
  if (Buffer.isBuffer(value)) return [TYPE.binary, Buffer.concat([int32(value.length), Buffer.of(0), value])]
  return [Array.isArray(value) ? TYPE.array : TYPE.document, encodeDocument({ ...value } as BsonDocument)]
}

/**
 * Decodes a document. Object ids, dates and timestamps become their bytes. Throws `RangeError` for a type that no reply
 * to a command of moorage contains.
 */
export function decodeDocument(bytes: Buffer): BsonDocument {
  const fields: [string, BsonValue][] = []
  for (let at = 4; bytes[at];) {
    const type = bytes[at] as number
    const end = bytes.indexOf(0, at)
    const [value, next] = decodeValue(bytes, type, end + 1)
    fields.push([bytes.toString('utf8', at + 1, end), value])
    at = next
  }
  return Object.fromEntries(fields)
}

function decodeValue(bytes: Buffer, type: number, at: number): readonly [value: BsonValue, next: number] {
  const fixed = FIXED_LENGTHS[type]
  if (fixed !== undefined) return [bytes.subarray(at, at + fixed), at + fixed]
  if (type === TYPE.double) return [bytes.readDoubleLE(at), at + 8]
  if (type === TYPE.boolean) return [bytes[at] === 1, at + 1]
  if (type === TYPE.null) return [null, at]
  if (type === TYPE.int32) return [bytes.readInt32LE(at), at + 4]
  if (type === TYPE.int64) return [bytes.readBigInt64LE(at), at + 8]
  const length = bytes.readInt32LE(at)
  if (type === TYPE.string) return [bytes.toString('utf8', at + 4, at + 4 + length - 1), at + 4 + length]
  if (type === TYPE.binary) return [bytes.subarray(at + 5, at + 5 + length), at + 5 + length]
  if (type !== TYPE.document && type !== TYPE.array) throw new RangeError(`BSON type ${type} is not supported`)
  const inner = decodeDocument(bytes.subarray(at, at + length))
  return [type === TYPE.array ? Object.values(inner) : inner, at + length]
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
