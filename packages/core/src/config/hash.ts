import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { canonical, type Json, type JsonObject } from '../contract/json.ts'

/** Hash of plain data in which every `{ $file: path }` counts by its content: the same in any process and any folder. */
export function hashOf(value: Json): string {
  return sha256(canonical(withContents(value)))
}

function withContents(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withContents)
  const object = value as JsonObject
  if (typeof object['$file'] === 'string') return { $content: hashFile(realpathSync(object['$file'])) }
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, withContents(item)]))
}

/** Content, names and the executable bit; not times and owners, which differ between two checkouts; of a pipe, a socket or a device its presence. */
function hashFile(path: string): string {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return sha256(`link ${readlinkSync(path)}`)
  // Opening a named pipe waits for its writer, forever.
  if (!stat.isFile() && !stat.isDirectory()) return sha256('neither file nor folder')
  if (!stat.isDirectory()) return sha256(`file ${(stat.mode & 0o111) !== 0} ${hashContent(path)}`)
  const names = readdirSync(path).sort()
  return sha256(`folder ${names.map((name) => `${JSON.stringify(name)} ${hashFile(join(path, name))}`).join('\n')}`)
}

/** Piece by piece: Node reads no more than 2 GiB at once. */
function hashContent(path: string): string {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(1024 * 1024)
  const descriptor = openSync(path, 'r')
  try {
    for (let n = readSync(descriptor, piece); n > 0; n = readSync(descriptor, piece)) hash.update(piece.subarray(0, n))
  } finally {
    closeSync(descriptor)
  }
  return hash.digest('hex')
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
