import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, listPids, readProcFile, sendSignal } from './process-table.ts'

/**
 * The environment variable that marks the processes of a unit. Children inherit it, so it also finds those that have
 * left the unit's process group.
 */
export const MARK_VARIABLE = 'MOORAGE_UNIT'

const POLL_INTERVAL_MS = 20
const KILL_INTERVAL_MS = 5
const MAX_KILL_ROUNDS = 100
const MAX_EXIT_CHECKS = 200

/** A unit's mark. The slash at its end distinguishes the service `db` from `db2`. */
export function unitMark(runId: string, service: string): string {
  return `${runId}/${service}/`
}

/** The pids of processes with a mark, without zombies. Empty where there is no /proc. */
export function findMarkedProcesses(mark: string): readonly number[] {
  const entry = `\0${MARK_VARIABLE}=${mark}\0`
  return listPids().filter((pid) => `\0${readProcFile(`/proc/${pid}/environ`)}`.includes(entry))
}

/**
 * Ends the processes with a mark: the stop signal, up to `graceMs` of waiting, then SIGKILL. A grace of 0 kills at
 * once. Returns the pids that it found first.
 */
export async function endMarkedProcesses(
  mark: string,
  { stopSignal, graceMs }: { readonly stopSignal: NodeJS.Signals; readonly graceMs: number },
): Promise<readonly number[]> {
  const found = findMarkedProcesses(mark)
  const deadline = performance.now() + graceMs
  if (graceMs > 0) for (const pid of found) sendSignal(pid, stopSignal)
  while (findMarkedProcesses(mark).length && performance.now() < deadline) await sleep(POLL_INTERVAL_MS)
  const killed = new Set<number>()
  // A process can fork between the search and its kill, so repeat until a search finds none.
  for (let round = 0; round < MAX_KILL_ROUNDS; round++) {
    const remaining = findMarkedProcesses(mark)
    if (!remaining.length) break
    for (const pid of remaining) {
      sendSignal(pid, 'SIGKILL')
      killed.add(pid)
    }
    await sleep(KILL_INTERVAL_MS)
  }
  // The kernel drops the environment, and with it the mark, before it closes the ports.
  for (let n = 0; n < MAX_EXIT_CHECKS && [...killed].some(isRunning); n++) await sleep(KILL_INTERVAL_MS)
  return found
}
