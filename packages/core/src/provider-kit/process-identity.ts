import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Owner } from '../contract/provider.ts'
import { currentBoot, isEarlierBoot, recordBoot } from './machine-boots.ts'

/** This process as the owner of a run. */
export function currentOwner(): Owner {
  recordBoot()
  return { host: thisHost(), pid: process.pid, started: processStart(process.pid) ?? 0 }
}

/** The owner that an object of an engine names as JSON; undefined for a text that no supervisor wrote. */
export function parseOwner(text: string | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(text ?? '') as Owner
    return typeof owner.host === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether an owner may be alive. Only the objects of a dead owner may be removed, so an owner counts as dead only with
 * proof: its process is not in this pid namespace any more, or it belongs to an earlier boot of this machine. An owner
 * on another machine or in another pid namespace is a stranger and counts as alive. An equal host name proves nothing,
 * because machines that were cloned from one image share it. Only the engine can judge a stranger: by a deadline or by
 * an expired Lease.
 */
export function isAlive(owner: Owner): boolean {
  if (isStranger(owner)) return !isEarlierBoot(bootOf(owner))
  try {
    return readProcessStart(owner.pid) === owner.started
  } catch {
    // An error such as too many open files does not prove that the owner is dead.
    return true
  }
}

/** Whether the process of an owner cannot be examined from here: another boot, another pid namespace, another name. */
export function isStranger({ host }: Pick<Owner, 'host'>): boolean {
  return host !== thisHost()
}

function bootOf({ host }: Owner): string {
  return host.split('/')[1] ?? ''
}

/**
 * Host name, boot and pid namespace. A pid identifies a process only within one boot and one namespace. The name is for
 * readers; in addition it tells machines apart that were restored from one snapshot of memory and share their boot id.
 */
export function thisHost(): string {
  return `${hostname()}/${currentBoot()}/${pidNamespace()}`
}

/**
 * Clock ticks between boot and the start of a process: field 22 of /proc/<pid>/stat (proc(5)); 0 on platforms without
 * /proc. Undefined if the process does not exist or cannot be read.
 */
export function processStart(pid: number): number | undefined {
  try {
    return readProcessStart(pid)
  } catch {
    return undefined
  }
}

function readProcessStart(pid: number): number | undefined {
  const stat = readIfExists(`/proc/${pid}/stat`)
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; only its parent has not collected its exit code.
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

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return 'pids'
  }
}

function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
