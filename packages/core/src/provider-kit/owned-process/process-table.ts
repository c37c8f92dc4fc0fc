import { readdirSync, readFileSync } from 'node:fs'

/** The pids of all processes; empty where there is no /proc. */
export function listPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** The content of a file below /proc; empty for a process that has ended or belongs to another user. */
export function readProcFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a process exists and is no zombie. */
export function isRunning(pid: number): boolean {
  const [state] = readStat(pid)
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** The process group of a process; undefined if it has ended. */
export function groupOf(pid: number): number | undefined {
  const [, , group] = readStat(pid)
  return group === undefined ? undefined : Number(group)
}

/** Whether a process group has a running process. Zombies do not count: a slow or missing init keeps them for long. */
export function isGroupRunning(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  const pids = listPids()
  if (!pids.length) return true
  return pids.some((pid) => groupOf(pid) === group && isRunning(pid))
}

/** Whether a process exists and this user may signal it. */
export function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Sends a signal to a process, or to a group by its negative number. A target that has ended is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The fields behind the name: state, parent, group. Empty for a process that has ended. Source: proc_pid_stat(5). */
function readStat(pid: number): readonly string[] {
  const stat = readProcFile(`/proc/${pid}/stat`)
  return stat ? stat.slice(stat.lastIndexOf(')') + 2).split(' ') : []
}
