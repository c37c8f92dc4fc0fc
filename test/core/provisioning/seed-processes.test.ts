import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { currentOwner, type Json } from '@moorage/core'
import { expect, onTestFinished, test } from 'vitest'
import { runSeed } from '../../../packages/core/src/provisioning/seed.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'
import { provider } from '../../../packages/provider-process/src/provider.ts'
import { listProcesses } from '../../provider-process/session.ts'

const OWNER = resolve('test/core/provisioning/seed-owner.ts')
const RUN_ID = `seed-${process.pid}`

interface StraySeed {
  readonly root: string
  readonly file: string
  /** The pids of the child that the seed has started. */
  children(): readonly number[]
}

/** A seed whose child has left its group and session, and whose environment has no mark. */
function straySeed(then: string): StraySeed {
  const root = mkdtempSync(join(tmpdir(), 'moorage-seed-'))
  const argument = `${1_000 + Math.random()}`
  const children = (): readonly number[] =>
    listProcesses()
      .filter(({ command }) => command.includes(`sleep ${argument}`))
      .map(({ pid }) => pid)
  onTestFinished(() => {
    children().forEach((pid) => process.kill(pid, 'SIGKILL'))
    rmSync(root, { recursive: true, force: true })
  })
  const file = join(root, 'seed.mjs')
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process'
import { once } from 'node:events'
export async function seed() {
  const child = spawn('/bin/sleep', ['${argument}'], { detached: true, env: {}, stdio: ['ignore', 'inherit', 'ignore'] })
  child.unref()
  await once(child, 'spawn')
  ${then}
}
`,
  )
  return { root, file, children }
}

const WAITS = 'await new Promise((done) => setTimeout(done, 60_000))'

function start({ root, file }: StraySeed): {
  readonly seeding: Promise<void>
  readonly tasks: TaskStack
  readonly journal: readonly Json[]
} {
  const tasks = new TaskStack()
  const journal: Json[] = []
  const context = { tasks, runId: RUN_ID, journalProcess: (entry: Json): void => void journal.push(entry) }
  const { signal } = new AbortController()
  const seeding = runSeed('db', { module: { $file: file } }, { connection: {}, root, signal, context })
  return { seeding, tasks, journal }
}

const present = async ({ children }: StraySeed): Promise<void> =>
  void (await expect.poll(() => children().length, { timeout: 5_000 }).toBe(1))

test('a child that a seed leaves behind goes when the seed has ended, and does not delay it', async () => {
  const seed = straySeed('')
  await start(seed).seeding
  await expect.poll(seed.children, { timeout: 5_000 }).toEqual([])
})

test('a seed and its child go when the run is removed', async () => {
  const seed = straySeed(WAITS)
  const { seeding, tasks } = start(seed)
  const failed = seeding.catch(() => 'failed')
  await present(seed)
  expect(await tasks.unwind()).toEqual([{ title: 'services.db.seed' }])
  expect(seed.children()).toEqual([])
  expect(await failed).toBe('failed')
})

test('a seed and its child go when their supervisor is killed', async () => {
  const seed = straySeed(WAITS)
  const owner = spawn(process.execPath, [OWNER, seed.file, seed.root], { stdio: 'inherit' })
  await present(seed)
  owner.kill('SIGKILL')
  await expect.poll(seed.children, { timeout: 5_000 }).toEqual([])
})

test('the journal names the process of a seed, so that the reaper ends what its watcher has left', async () => {
  const seed = straySeed(WAITS)
  const { seeding, journal } = start(seed)
  const failed = seeding.catch(() => 'failed')
  await present(seed)
  const journals = [{ run: RUN_ID, owner: currentOwner(), entries: journal }]
  await provider().reap?.({ journals, alive: () => false }, new AbortController().signal)
  expect(seed.children()).toEqual([])
  expect(await failed).toBe('failed')
})
