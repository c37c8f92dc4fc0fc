import { readdirSync, readlinkSync } from 'node:fs'
import { endianness } from 'node:os'
import { basename } from 'node:path'
import { listPids, readProcFile } from '@moorage/core/provider'

/** A TCP socket that accepts connections. */
export interface Listener {
  /** In the usual notation. */
  readonly address: string
  readonly port: number
  /** The user that opened it. */
  readonly uid: number
  /** What a descriptor of its process points to. */
  readonly file: string
}

// Source: proc_pid_net(5).
const STATE_LISTEN = '0A'

/** The listening sockets of this machine; empty where there is no /proc. Source: proc_pid_net(5). */
export function findListeners(): readonly Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readProcFile(file)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === STATE_LISTEN)
      .map(([, local = '', , , , , , uid, , inode]) => {
        const [hexAddress = '', hexPort = ''] = local.split(':')
        const port = Number.parseInt(hexPort, 16)
        return { address: decodeAddress(hexAddress), port, uid: Number(uid), file: `socket:[${inode}]` }
      }),
  )
}

/** The listeners of some processes, each with its process: `[::1]:3000 (process 12, node)`. */
export function describeListeners(pids: readonly number[]): readonly string[] {
  const listeners = findListeners()
  return pids.flatMap((pid) => {
    const files = new Set(openFilesOf(pid))
    const name = programOf(pid)
    return listeners
      .filter(({ file }) => files.has(file))
      .map(({ address, port }) => {
        const host = address.includes(':') ? `[${address}]` : address
        return `${host}:${port} (process ${pid}, ${name})`
      })
  })
}

/** Names the process that listens on a port, where /proc shows it. */
export function describeHolder(port: number): string | undefined {
  const files = new Set(
    findListeners()
      .filter((each) => each.port === port)
      .map(({ file }) => file),
  )
  const pid = listPids().find((each) => openFilesOf(each).some((file) => files.has(file)))
  if (pid === undefined) return undefined
  return `process ${pid} (${programOf(pid)}) listens on it`
}

/** The file name of the program of a process, or the name that the process of another user gives itself. */
function programOf(pid: number): string {
  return basename(readLink(`/proc/${pid}/exe`)) || readProcFile(`/proc/${pid}/comm`).trim() || '?'
}

/** Decodes 32-bit words in the byte order of this machine. */
function decodeAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (endianness() === 'LE') bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}

/** What the descriptors of a process point to; empty for a process of another user. */
function openFilesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readLink(`/proc/${pid}/fd/${descriptor}`))
  } catch {
    return []
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
