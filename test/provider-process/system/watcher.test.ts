import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'

const owner = resolve('test/provider-process/session-owner.ts')

/**
 * Starts a service under a separate owner and kills the owner. Returns a search for the processes with the service's
 * mark.
 */
async function startOrphan(script: string): Promise<() => readonly number[]> {
  const id = `watcher-${randomBytes(4).toString('hex')}`
  const findMarked = (): readonly number[] => findWithMark(`MOORAGE_UNIT=${id}/a/\0`)
  // Kills what a failed test left.
  onTestFinished(() => findMarked().forEach((pid) => process.kill(pid, 'SIGKILL')))
  const child = spawn(process.execPath, [owner, id, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) if (line === 'up') break
  expect(findMarked()).not.toEqual([])
  child.kill('SIGKILL')
  return findMarked
}

function findWithMark(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const alive = !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
        return alive && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark) ? [Number(pid)] : []
      } catch {
        // The process has ended.
        return []
      }
    })
}

test('a service ends by itself when its supervisor is killed', async () => {
  const left = await startOrphan('echo up; exec sleep 1000')
  await expect.poll(left, { timeout: 2_000 }).toEqual([])
})

test('one that ignores its stop signal is killed after the grace, with what has left its group', async () => {
  const left = await startOrphan(
    `trap '' TERM; setsid sh -c "trap '' TERM; sleep 1000" & echo up; while :; do sleep 1; done`,
  )
  await expect.poll(left, { timeout: 8_000 }).toEqual([])
})
