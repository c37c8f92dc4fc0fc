import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  isAlive,
  isStranger,
  currentOwner,
  processStart,
  thisHost,
} from '../../../packages/core/src/provider-kit/process-identity.ts'

const owner = (pid: number, started: number, host = thisHost()): Parameters<typeof isAlive>[0] => ({
  host,
  pid,
  started,
})

test('this process lives', () => {
  expect(currentOwner()).toEqual(owner(process.pid, processStart(process.pid) as number))
  expect(isAlive(currentOwner())).toBe(true)
})

test('an ended process is dead', async () => {
  const child = spawn('sleep', ['60'])
  const pid = child.pid as number
  const started = processStart(pid) as number
  expect(isAlive(owner(pid, started))).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(owner(pid, started))).toBe(false)
})

test('a later process with the same number is another one', () => {
  expect(isAlive(owner(process.pid, (processStart(process.pid) as number) - 1))).toBe(false)
})

test('a zombie is dead, though it still has its number', async () => {
  // The shell becomes a sleep, which never asks how its child ended.
  const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'])
  const [data] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(data)
  const started = processStart(pid) as number
  for (const end = Date.now() + 5_000; !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '); await sleep(10))
    expect(Date.now()).toBeLessThan(end)
  expect(isAlive(owner(pid, started))).toBe(false)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})

test('who cannot be judged from here counts as alive: another machine, another pid namespace', () => {
  const [machine, boot] = thisHost().split('/')
  expect(isAlive(owner(1, 1, `other/${boot}/1`))).toBe(true)
  expect(isAlive(owner(1, 1, `${machine}/${boot}/1`))).toBe(true)
})

test('an owner with this host name and another boot is a stranger, and counts as alive', () => {
  const [machine, , space] = thisHost().split('/')
  const stranger = owner(1, 1, `${machine}/another-boot/${space}`)
  expect(isAlive(stranger)).toBe(true)
  expect(isStranger(stranger)).toBe(true)
  expect(isStranger(currentOwner())).toBe(false)
})

test('a name with brackets and blanks does not confuse', async () => {
  const child = spawn(process.execPath, [
    '-e',
    "process.title = 'a) Z 1 (b'; console.log('x'); setInterval(() => {}, 1000)",
  ])
  await once(child.stdout, 'data')
  const started = processStart(child.pid as number)
  child.kill('SIGKILL')
  expect(started).toBeGreaterThanOrEqual(processStart(process.pid) as number)
  await once(child, 'exit')
})
