import { createHash, hash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { canonical, type Json, type JsonObject } from '../contract/json.ts'

const HASH_CHUNK_BYTES = 1024 * 1024

/** Gives the hash of the file or folder at a path. */
export type FileHash = (path: string) => string

/** Hash of plain data. A `{ $file: path }` counts by its content, so the hash is equal in every process and folder. */
export function hashOf(value: Json, fileHash: FileHash = hashFile): string {
  return sha256(canonical(withContents(value, fileHash)))
}

/** Reads each path once. */
export function cachedFileHash(): FileHash {
  const hashes = new Map<string, string>()
  return (path) => {
    const known = hashes.get(path) ?? hashFile(path)
    hashes.set(path, known)
    return known
  }
}

function withContents(value: Json, fileHash: FileHash): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withContents(item as Json, fileHash))
  const object = value as JsonObject
  if (typeof object['$file'] === 'string') return { $content: fileHash(object['$file']) }
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, withContents(item, fileHash)]))
}

/**
 * Covers contents, names and the executable bit. Times and owners are left out because they differ between checkouts.
 * A link that leads out of its folder counts as what it leads to, as it does in a container. Of a pipe, a socket or a
 * device only its existence counts.
 */
export function hashFile(path: string): string {
  const real = realpathSync(path)
  return hashEntry(real, [real])
}

// `roots` are the real paths of the folders that contain this one. A link into one of them counts as a link.
function hashEntry(path: string, roots: readonly string[]): string {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) {
    const target = existsSync(path) ? realpathSync(path) : undefined
    const leadsOut = target !== undefined && !roots.some((root) => `${target}${sep}`.startsWith(`${root}${sep}`))
    return leadsOut ? hashEntry(target, [...roots, target]) : sha256(`link ${readlinkSync(path)}`)
  }
  // Opening a named pipe blocks until a process writes to it.
  if (!stat.isFile() && !stat.isDirectory()) return sha256('neither file nor folder')
  if (!stat.isDirectory()) return sha256(`file ${(stat.mode & 0o111) !== 0} ${hashContent(path, stat.size)}`)
  const names = readdirSync(path).sort()
  const entries = names.map((name) => `${JSON.stringify(name)} ${hashEntry(join(path, name), roots)}`)
  return sha256(`folder ${entries.join('\n')}`)
}

/** Reads a large file in chunks, because Node reads at most 2 GiB at once. */
export function hashContent(path: string, size: number): string {
  if (size <= HASH_CHUNK_BYTES) return sha256(readFileSync(path))
  const content = createHash('sha256')
  const chunk = Buffer.allocUnsafe(HASH_CHUNK_BYTES)
  const descriptor = openSync(path, 'r')
  try {
    for (let n = readSync(descriptor, chunk); n > 0; n = readSync(descriptor, chunk))
      content.update(chunk.subarray(0, n))
  } finally {
    closeSync(descriptor)
  }
  return content.digest('hex')
}

export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}
