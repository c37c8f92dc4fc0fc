import { spawn } from 'node:child_process'
import { say } from './progress.ts'

/** One `up` or `down` at a time on this machine; the kernel frees the lock of a killed holder. */
export async function locked(work: () => Promise<void>): Promise<void> {
  // A folder can be locked as well as a file, and leaves none behind.
  const holder = spawn('flock', ['/run', 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = setTimeout(() => say('waiting for another up or down to end'), 1000)
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve())
    holder.once('error', reject)
    holder.once('exit', (code) => reject(new Error(`flock ended with ${code}`)))
  })
  clearTimeout(waiting)
  try {
    await work()
  } finally {
    holder.stdin.end()
  }
}
