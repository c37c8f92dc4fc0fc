import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { hostname, networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

const MAX_RECORDED_BOOTS = 100

let bootOfThisProcess: string | undefined

/**
 * Identifies this boot of this machine. Machines that were cloned from one image share their host name and their
 * machine id, but not this. On a platform without a boot id: a digest of the host name and the network addresses.
 */
export function currentBoot(): string {
  return (bootOfThisProcess ??= readBootId() ?? digestOfNetwork())
}

function readBootId(): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    if (process.platform !== 'darwin') return undefined
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

function digestOfNetwork(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ mac }) => mac))
  const text = [hostname(), ...new Set(all)].toSorted().join(' ')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/**
 * The file with the boots that this machine has had. It lies on a disk of this machine alone, which the cache folder
 * may not: several machines can share a home folder. /var/tmp survives a reboot (Filesystem Hierarchy Standard, 5.15).
 */
export function bootHistoryFile(): string {
  const folder = process.platform === 'linux' ? '/var/tmp' : tmpdir()
  return join(folder, `moorage-boots-${process.getuid?.() ?? 'user'}`)
}

/** Adds this boot to the history, so that owners from before the next reboot are known to be dead. Never throws. */
export function recordBoot(file: string = bootHistoryFile()): void {
  withOwnFile(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, (descriptor) => {
    const boots = parseBoots(readFileSync(descriptor, 'utf8'))
    if (boots.includes(currentBoot())) return
    if (boots.length >= MAX_RECORDED_BOOTS) ftruncateSync(descriptor)
    const kept = boots.length >= MAX_RECORDED_BOOTS ? boots.slice(-MAX_RECORDED_BOOTS / 2) : []
    writeSync(descriptor, [...kept, currentBoot(), ''].join('\n'))
  })
}

/** Whether this machine has had a boot that is over. */
export function isEarlierBoot(boot: string, file: string = bootHistoryFile()): boolean {
  if (boot === currentBoot()) return false
  const read = (descriptor: number): readonly string[] => parseBoots(readFileSync(descriptor, 'utf8'))
  return withOwnFile(file, constants.O_RDONLY, read)?.includes(boot) ?? false
}

function parseBoots(text: string): readonly string[] {
  return text.split('\n').filter(Boolean)
}

/** Undefined where the file cannot be opened, or another user could have written it. */
function withOwnFile<T>(file: string, flags: number, use: (descriptor: number) => T): T | undefined {
  let descriptor: number | undefined
  try {
    // Without O_NONBLOCK a named pipe in the place of the file would block.
    descriptor = openSync(file, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0), 0o600)
    const { uid, mode, nlink } = fstatSync(descriptor)
    const isPrivate = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
    return isPrivate && (mode & constants.S_IFMT) === constants.S_IFREG && nlink === 1 ? use(descriptor) : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
