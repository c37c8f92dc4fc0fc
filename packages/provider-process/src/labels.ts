import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Pids of processes that carry a unit's mark in their environment, zombies left out. Empty where there is no /proc. */
export function markedPids(unit: string): readonly number[] {
  const mark = `\0MOORAGE_UNIT=${unit}\0`
  return pids().filter((pid) => `\0${read(`/proc/${pid}/environ`)}`.includes(mark))
}

/** Ends whatever carries the mark: the stop signal, up to `grace` ms, then SIGKILL. Gives the pids that were there. */
export async function endMarked(unit: string, stop: NodeJS.Signals, grace: number): Promise<readonly number[]> {
  const found = markedPids(unit)
  const killed = new Set<number>()
  const until = performance.now() + grace
  if (grace > 0) for (const pid of found) send(pid, stop)
  while (markedPids(unit).length && performance.now() < until) await sleep(20)
  // Children may be born while we look: again until nobody is left.
  for (let left = markedPids(unit), n = 0; left.length && n < 100; left = markedPids(unit), n++) {
    for (const pid of left) {
      send(pid, 'SIGKILL')
      killed.add(pid)
    }
    await sleep(5)
  }
  // The kernel takes the mark away first, and closes ports afterwards.
  for (let n = 0; n < 200 && [...killed].some(ending); n++) await sleep(5)
  return found
}

/** Not a zombie yet. */
function ending(pid: number): boolean {
  const [state] = statOf(pid)
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Sends a signal; a process or group (negative) that is gone already is as good. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether anybody of a process group lives. A zombie does not, though a slow init, or none at all, may keep it for long. */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  const all = pids()
  if (!all.length) return true
  return all.some((pid) => Number(statOf(pid)[2]) === group && ending(pid))
}

/** proc_pid_stat: after the name in brackets come state, parent and group. Empty for one that is gone. */
function statOf(pid: number): readonly string[] {
  const stat = read(`/proc/${pid}/stat`)
  return stat ? stat.slice(stat.lastIndexOf(')') + 2).split(' ') : []
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Gone in the meantime, or somebody else's: not ours.
    return ''
  }
}
