import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import {
  createProcessMark,
  findMarkedProcesses,
  killMarkedProcesses,
  waitForMarkedProcesses,
} from '../../../packages/core/src/provider-kit/owned-process/process-mark.ts'

const VICTIM = 65_533
const ATTACKER = 65_534

/** A process of a user with a limit for file locks, which every user can read of any process. */
async function startAs(uid: number, lockLimit: number): Promise<ChildProcess> {
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const command = [`--locks=${lockLimit}`, ...user, 'sh', '-c', 'echo up; exec sleep 1000']
  const child = spawn('prlimit', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test.runIf(process.getuid?.() === 0)('a process of another user with the limit of a mark is left alone', async () => {
  const mark = createProcessMark('run/service/')
  const [own, foreign] = await Promise.all([startAs(VICTIM, mark.lockLimit), startAs(ATTACKER, mark.lockLimit)])
  process.seteuid?.(VICTIM)
  onTestFinished(() => process.seteuid?.(0))
  expect(findMarkedProcesses(mark)).toEqual([own.pid])
  await killMarkedProcesses(mark)
  const since = performance.now()
  await waitForMarkedProcesses(mark, 5_000)
  expect(performance.now() - since).toBeLessThan(1_000)
  process.seteuid?.(0)
  expect([foreign.exitCode, foreign.signalCode]).toEqual([null, null])
})
