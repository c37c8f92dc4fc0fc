import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { currentOwner, type Run, type Unit } from '@moorage/core'
import { expect, onTestFinished, test } from 'vitest'
import { reservePort } from '../../packages/provider-process/src/endpoint.ts'
import { provider } from '../../packages/provider-process/src/provider.ts'

const owner = resolve('test/provider-process/session-owner.ts')
const program = resolve('test/provider-process/stray.mjs')
const { signal } = new AbortController()

/** The processes of a role, found by their command line, in any group or session and with any parent. */
function findStrays(port: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const zombie = readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
        return !zombie && readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`\0${port}\0`) ? [Number(pid)] : []
      } catch {
        // The process has ended.
        return []
      }
    })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer().once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}

async function freePort(): Promise<number> {
  const port = await reservePort('a', 0, new Map())
  onTestFinished(() => findStrays(port).forEach((pid) => process.kill(pid, 'SIGKILL')))
  return port
}

/** Starts a service in a session of this process. Resolves when a process listens on the port. */
async function start(role: string, port: number): Promise<{ readonly unit: Unit; close(): Promise<void> }> {
  const id = `strays-${randomBytes(4).toString('hex')}`
  const run: Run = { id, labels: {}, owner: currentOwner(), root: process.cwd(), cache: '' }
  const session = await provider().open(run, { phase: () => {}, journal: () => {}, notice: () => {} }, signal)
  const command = [process.execPath, program, role, String(port)]
  const unit = await session.start(
    {
      name: 'a',
      ports: { main: port },
      env: {},
      sensitive: [],
      process: { command, options: {}, secrets: {}, cwd: process.cwd() },
    },
    signal,
  )
  for await (const { text } of unit.logs({ follow: true })) if (text === 'up') break
  expect(await isFree(port)).toBe(false)
  expect(findStrays(port)).not.toEqual([])
  return { unit, close: () => session.close() }
}

test.for(['forks-twice', 'breeds'])(
  'a service that %s ends with its session, and its port is free',
  { timeout: 20_000 },
  async (role) => {
    const port = await freePort()
    const { close } = await start(role, port)
    await close()
    expect(findStrays(port)).toEqual([])
    expect(await isFree(port)).toBe(true)
  },
)

test('a child that holds the port goes with its parent, whose end is seen at once', async () => {
  const port = await freePort()
  const { unit, close } = await start('dies-early', port)
  expect(await unit.exited).toEqual({ reason: 'exited', code: 3 })
  // The test stops nothing: the watcher ends the child.
  await expect.poll(() => findStrays(port), { timeout: 2_000 }).toEqual([])
  await expect.poll(() => isFree(port), { timeout: 1_000 }).toBe(true)
  await close()
})

test.for(['forks-twice', 'breeds'])(
  'a service that %s ends with its supervisor, and its port is free',
  { timeout: 20_000 },
  async (role) => {
    const port = await freePort()
    const id = `strays-${randomBytes(4).toString('hex')}`
    const child = spawn(process.execPath, [owner, id, process.execPath, program, role, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) if (line === 'up') break
    expect(await isFree(port)).toBe(false)
    expect(findStrays(port)).not.toEqual([])
    child.kill('SIGKILL')
    await expect.poll(() => findStrays(port), { timeout: 9_000 }).toEqual([])
    await expect.poll(() => isFree(port), { timeout: 1_000 }).toBe(true)
  },
)
