import { setTimeout as sleep } from 'node:timers/promises'
import { endMarked, groupLives, send } from './labels.ts'
import { GRACE, type Running } from './start.ts'

/** The stop signal to the group, the grace, then the kill; resolves when nothing of the unit lives. */
export async function stopUnit({ child, unit, stopSignal, ended }: Running): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  const runs = child.exitCode === null && child.signalCode === null
  if (runs) {
    send(-pid, stopSignal)
    const late = new AbortController()
    const inTime = await Promise.race([
      ended.then(() => true),
      sleep(GRACE * 1_000, false, { signal: late.signal }).catch(() => false),
    ])
    late.abort()
    if (!inTime) send(-pid, 'SIGKILL')
  }
  await ended
  // The pipe's end wakes the watcher, which kills the group; do not depend on it.
  child.stdio[3]?.destroy()
  // Of one that ended long ago the number may be somebody else's by now; its watcher ends its group.
  if (runs) send(-pid, 'SIGKILL')
  await endMarked(unit, 'SIGKILL', 0)
  await groupGone(pid)
  child.stdout?.destroy()
  child.stderr?.destroy()
}

// The kernel needs a moment between the signal and the end.
async function groupGone(group: number): Promise<void> {
  for (let n = 0; n < 200 && groupLives(group); n++) await sleep(5)
}
