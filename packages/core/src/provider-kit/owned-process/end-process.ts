import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit } from '../../contract/running-unit.ts'
import { killMarkedProcesses, signalMarkedProcesses, waitForMarkedProcesses, type ProcessMark } from './process-mark.ts'
import { isGroupRunning, sendSignal } from './process-table.ts'

/** The process of a service or a seed. It leads a process group of its own. */
export interface OwnedProcess {
  readonly child: ChildProcess
  readonly mark: ProcessMark
  readonly stopSignal: NodeJS.Signals
  /** Settles when the process has ended. */
  readonly exit: Promise<Exit>
}

/** Between the stop signal and the kill. */
export const STOP_GRACE_SECONDS = 5

const POLL_INTERVAL_MS = 5
const MAX_GROUP_CHECKS = 200

/**
 * Ends a process and its children: the stop signal to its group and to its marked processes outside it, and a kill
 * `STOP_GRACE_SECONDS` later. Resolves when no process with the mark is left.
 */
export async function endProcess({ child, mark, stopSignal, exit }: OwnedProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  const wasRunning = child.exitCode === null && child.signalCode === null
  const deadline = performance.now() + STOP_GRACE_SECONDS * 1_000
  // If the process had already ended, its watcher has sent the signal to everything that was left.
  if (wasRunning) {
    sendSignal(-pid, stopSignal)
    signalMarkedProcesses(mark, stopSignal, pid)
    const graceTimer = new AbortController()
    const endedInTime = await Promise.race([
      exit.then(() => true),
      sleep(STOP_GRACE_SECONDS * 1_000, false, { signal: graceTimer.signal }).catch(() => false),
    ])
    graceTimer.abort()
    if (!endedInTime) sendSignal(-pid, 'SIGKILL')
  }
  await exit
  await waitForMarkedProcesses(mark, deadline - performance.now())
  // The end of this pipe makes the watcher kill the group. The signals below do not rely on the watcher.
  child.stdio[3]?.destroy()
  // If the process had already ended, the kernel may have given its pid to another group, and the watcher kills ours.
  if (wasRunning) sendSignal(-pid, 'SIGKILL')
  await killMarkedProcesses(mark)
  // The kernel needs a moment between the signal and the end.
  for (let n = 0; n < MAX_GROUP_CHECKS && isGroupRunning(pid); n++) await sleep(POLL_INTERVAL_MS)
  child.stdout?.destroy()
  child.stderr?.destroy()
}
