import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_INTERVAL_MS = 25

/** The highest resident memory of a process in MiB, until the promise settles. Source: proc_pid_status(5), VmHWM. */
export async function peakMemory(pid: number, until: Promise<unknown>): Promise<number> {
  let peak = 0
  let settled = false
  const done = until.finally(() => (settled = true))
  done.catch(() => {})
  while (!settled) {
    peak = Math.max(peak, readPeak(pid))
    await sleep(POLL_INTERVAL_MS)
  }
  await done
  return peak
}

function readPeak(pid: number): number {
  try {
    return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    // The process has ended.
    return 0
  }
}
