import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Owner } from '../contract/provider.ts'

/** This process as an owner. */
export function currentOwner(): Owner {
  return { host: thisHost(), pid: process.pid, started: processStart(process.pid) ?? 0 }
}

/**
 * Whether an owner lives. An owner on another machine, or behind another pid namespace, cannot be judged from here
 * and counts as alive: what is not provably dead is not touched.
 */
export function isAlive(owner: Owner): boolean {
  const [machine, boot, space] = owner.host.split('/')
  const [ourMachine, ourBoot, ourSpace] = thisHost().split('/')
  if (machine !== ourMachine || unread(boot, ourBoot)) return true
  if (boot !== ourBoot) return false
  if (space !== ourSpace) return true
  try {
    return look(owner.pid) === owner.started
  } catch {
    // Too many open files, say: that proves nobody dead.
    return true
  }
}

/** Machine, boot and pid namespace: only where all three agree does a pid mean the same process. */
export function thisHost(): string {
  return `${hostname()}/${read('/proc/sys/kernel/random/boot_id') ?? 'boot'}/${namespace()}`
}

/** Clock ticks between boot and the start of a process: field 22 of /proc/<pid>/stat (proc(5)). */
export function processStart(pid: number): number | undefined {
  try {
    return look(pid)
  } catch {
    return undefined
  }
}

function look(pid: number): number | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie is dead, though its parent has not noticed.
    return fields[0] === 'Z' ? undefined : Number(fields[19])
  }
  if (process.platform === 'linux') return undefined
  try {
    process.kill(pid, 0)
    return 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : undefined
  }
}

/** One of the two could not be read: nothing can be said about them. */
function unread(boot: string | undefined, ours: string | undefined): boolean {
  return boot !== ours && (boot === 'boot' || ours === 'boot')
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return 'pids'
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
