import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { groupOf, isRunning, listPids, maySignal, readProcFile, sendSignal } from './process-table.ts'

/** The environment variable that marks the processes of a unit or a seed. Children inherit it. */
export const MARK_VARIABLE = 'MOORAGE_UNIT'

/** How a process and its children are recognised, whatever process group or session they have moved to. */
export interface ProcessMark {
  /** The value of the environment variable, which a process that rewrites its title may erase. */
  readonly id: string
  /**
   * A hard limit for file locks that no other process has. The kernel does not enforce this limit since Linux 2.4.25,
   * children inherit it, and no process without privileges can raise it again. Source: getrlimit(2), RLIMIT_LOCKS.
   */
  readonly lockLimit: number
}

const POLL_INTERVAL_MS = 20
const KILL_INTERVAL_MS = 5
const MAX_KILL_ROUNDS = 100
const MAX_EXIT_CHECKS = 200
const MAX_LOCK_LIMIT = 2 ** 47

/** A new mark with a random limit. No id may start with another one. */
export function createProcessMark(id: string): ProcessMark {
  // A process may only lower its limit, so a moorage that a service of moorage runs halves it.
  const own = Number(readLockLimit('self') ?? MAX_LOCK_LIMIT)
  const highest = Number.isSafeInteger(own) ? Math.min(own, MAX_LOCK_LIMIT) : MAX_LOCK_LIMIT
  return { id, lockLimit: randomInt(Math.floor(highest / 2), highest) }
}

/**
 * The pids of processes with a mark, without zombies. Empty where there is no /proc. Without those that this user may
 * not signal: every user can read the limit of a service and give it to a process, which would hold up its end.
 */
export function findMarkedProcesses({ id, lockLimit }: ProcessMark): readonly number[] {
  const entry = `\0${MARK_VARIABLE}=${id}\0`
  const isMarked = (pid: number): boolean =>
    readLockLimit(pid) === String(lockLimit) || `\0${readProcFile(`/proc/${pid}/environ`)}`.includes(entry)
  return listPids().filter((pid) => isMarked(pid) && isRunning(pid) && maySignal(pid))
}

/** Sends a signal to the processes with a mark, apart from those in a process group. Returns the pids of all. */
export function signalMarkedProcesses(
  mark: ProcessMark,
  signal: NodeJS.Signals,
  exceptGroup?: number,
): readonly number[] {
  const found = findMarkedProcesses(mark)
  for (const pid of found) if (exceptGroup === undefined || groupOf(pid) !== exceptGroup) sendSignal(pid, signal)
  return found
}

/** Waits until no process has the mark. Gives up after `ms` milliseconds. */
export async function waitForMarkedProcesses(mark: ProcessMark, ms: number): Promise<void> {
  const deadline = performance.now() + ms
  while (performance.now() < deadline && findMarkedProcesses(mark).length) await sleep(POLL_INTERVAL_MS)
}

/** Kills the processes with a mark. Resolves when all have ended. */
export async function killMarkedProcesses(mark: ProcessMark): Promise<void> {
  const killed = new Set<number>()
  // A process can fork between the search and its kill, so repeat until a search finds none.
  for (let round = 0; round < MAX_KILL_ROUNDS; round++) {
    const remaining = signalMarkedProcesses(mark, 'SIGKILL')
    if (!remaining.length) break
    for (const pid of remaining) killed.add(pid)
    await sleep(KILL_INTERVAL_MS)
  }
  // The kernel drops the environment, and with it the mark, before it closes the ports.
  for (let n = 0; n < MAX_EXIT_CHECKS && [...killed].some(isRunning); n++) await sleep(KILL_INTERVAL_MS)
}

/** The hard limit for file locks of a process: a number, `unlimited`, or undefined if it cannot be read. */
function readLockLimit(pid: number | 'self'): string | undefined {
  return /^Max file locks +\S+ +(\S+)/m.exec(readProcFile(`/proc/${pid}/limits`))?.[1]
}
