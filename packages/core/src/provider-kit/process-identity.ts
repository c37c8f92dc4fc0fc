import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Owner } from '../contract/provider.ts'

const UNKNOWN_BOOT = 'boot'

/** This process as the owner of a run. */
export function currentOwner(): Owner {
  return { host: thisHost(), pid: process.pid, started: processStart(process.pid) ?? 0 }
}

/**
 * Whether an owner is alive. An owner on another machine or in another pid namespace cannot be checked from here and
 * counts as alive, because only the objects of a dead owner may be removed.
 */
export function isAlive(owner: Owner): boolean {
  const [machine, boot, namespace] = owner.host.split('/')
  const [ourMachine, ourBoot, ourNamespace] = thisHost().split('/')
  if (machine !== ourMachine || isBootUnknown(boot, ourBoot)) return true
  if (boot !== ourBoot) return false
  if (namespace !== ourNamespace) return true
  try {
    return readProcessStart(owner.pid) === owner.started
  } catch {
    // An error such as too many open files does not prove that the owner is dead.
    return true
  }
}

/** Machine, boot and pid namespace. A pid identifies a process only if all three are equal. */
export function thisHost(): string {
  return `${hostname()}/${tryRead('/proc/sys/kernel/random/boot_id') ?? UNKNOWN_BOOT}/${pidNamespace()}`
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

/** Whether one of two different boot ids could not be read, so that they cannot be compared. */
function isBootUnknown(boot: string | undefined, ours: string | undefined): boolean {
  return boot !== ours && (boot === UNKNOWN_BOOT || ours === UNKNOWN_BOOT)
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return 'pids'
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
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
