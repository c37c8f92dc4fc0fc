import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { listProcesses, openTestSession } from './session.ts'

const POLITE = resolve('test/provider-process/polite.mjs')
const OWNER = resolve('test/provider-process/session-owner.ts')

/** An argument that only one test's processes have. */
function uniqueArgument(): string {
  const argument = `${1_000 + Math.random()}`
  onTestFinished(() => pidsWith(argument).forEach((pid) => process.kill(pid, 'SIGKILL')))
  return argument
}

function pidsWith(argument: string): readonly number[] {
  return listProcesses()
    .filter(({ command }) => command.includes(`sleep ${argument}`))
    .map(({ pid }) => pid)
}

// A child that has left the group and the session, and whose environment has no mark, as a daemon that sets its title.
const daemon = (argument: string): string =>
  `env -i setsid sleep ${argument} & while [ "$(cat /proc/$!/comm)" != sleep ]; do :; done; echo up; sleep 1000`

// A child of the same kind that works on its stop signal before it ends.
function politeChild(): { readonly script: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-polite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'said')
  const script = `setsid ${process.execPath} ${POLITE} ${file} & while [ ! -e ${file}.up ]; do :; done; echo up; exec sleep 1000`
  return { script, file }
}

async function startAndKillOwner(script: string): Promise<void> {
  const id = `ends-${randomBytes(4).toString('hex')}`
  const owner = spawn(process.execPath, [OWNER, id, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: owner.stdout })) if (line === 'up') break
  owner.kill('SIGKILL')
}

async function startAndStop(script: string): Promise<void> {
  const { start } = await openTestSession()
  const unit = await start({ command: ['sh', '-c', script] })
  for await (const { text } of unit.logs({ follow: true })) if (text === 'up') break
  await unit.stop()
}

test.for([
  ['its session', startAndStop],
  ['its supervisor', startAndKillOwner],
] as const)('a daemon without the mark in its environment ends with %s', async ([, end]) => {
  const argument = uniqueArgument()
  await end(daemon(argument))
  await expect.poll(() => pidsWith(argument), { timeout: 8_000 }).toEqual([])
})

test.for([
  ['its session', startAndStop],
  ['its supervisor', startAndKillOwner],
] as const)('a detached child gets its stop signal and time to act on it when it ends with %s', async ([, end]) => {
  const { script, file } = politeChild()
  await end(script)
  await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 8_000 }).toBe('goodbye\n')
})

test('a stopped service leaves neither its folder nor its log', async () => {
  const { start, journal, phases } = await openTestSession()
  const unit = await start({ program: resolve('test/provider-process/folder-program.mjs') })
  for await (const { text } of unit.logs({ follow: true })) if (text === 'up') break
  const { path } = journal.find((entry) => (entry as { kind: string }).kind === 'folder') as { path: string }
  expect(existsSync(path)).toBe(true)
  expect(phases).toEqual(['pull', 'start'])
  await unit.stop()
  expect(existsSync(path)).toBe(false)
  const lines = []
  for await (const line of unit.logs({})) lines.push(line)
  expect(lines).toEqual([])
})
