import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSeed } from '../../../packages/core/src/provisioning/seed.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'
import { thrownError, thrownMessage } from '../../thrown-error.ts'

/** What the process of a seed belongs to. */
const context = { tasks: new TaskStack(), runId: `seed-${process.pid}`, journalProcess: (): void => {} }

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-seed-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

async function run(source: string): Promise<void> {
  const module = { $file: write('seed.mjs', source) }
  await runSeed('db', { module }, { connection: { url: 'x://y' }, root, signal: new AbortController().signal, context })
}

const failureOf = async (source: string): Promise<string> =>
  (await thrownMessage(() => run(source))).replaceAll(root, 'ROOT')

test('a seed that ends its process with 0 has failed', async () => {
  expect(await failureOf("export function seed() { console.log('one user'); process.exit(0) }")).toBe(
    [
      'SEED_FAILED',
      'services.db.seed: ROOT/seed.mjs ended before its seed had finished: it calls process.exit().',
      'Correct the seed. It is called with the connection that tests get.',
      'Last log lines:',
      '  one user',
    ].join('\n'),
  )
})

test('a seed whose module ends the process while it is loaded has failed', async () => {
  expect(await failureOf('process.exit(0)')).toContain('ended before its seed had finished')
})

test('an exception is shown with the frames of the user, without those of Node.js and of packages', async () => {
  write('node_modules/driver/index.js', "exports.query = () => { throw new Error('syntax error') }")
  const source = "import driver from 'driver'\nexport const seed = () => driver.query()"
  expect(await failureOf(source)).toBe(
    [
      'SEED_FAILED',
      'services.db.seed: ROOT/seed.mjs failed with exit code 1.',
      'Correct the seed. It is called with the connection that tests get.',
      'Last log lines:',
      '  Error: syntax error',
      '      at seed (file://ROOT/seed.mjs:2:34)',
    ].join('\n'),
  )
})

test('a seed does not see the variables of libpq', async () => {
  process.env['PGSSLMODE'] = 'require'
  try {
    await run(
      "export const seed = () => { if ('PGSSLMODE' in process.env || !process.env.PATH) throw new Error('seen') }",
    )
  } finally {
    delete process.env['PGSSLMODE']
  }
})

test.each([
  ['lines', "'line\\n'.repeat(20_000)"],
  ['one line without an end', "'x'.repeat(1_000_000)"],
])('a seed that floods its output with %s: the supervisor keeps the last 64 KiB', async (_, text) => {
  const file = join(root, 'seed.mjs')
  writeFileSync(
    file,
    `import { writeSync } from 'node:fs'
export const seed = () => { for (let n = 0; n < 100; n++) writeSync(1, ${text}); throw new RangeError('odd') }`,
  )
  const before = process.memoryUsage().heapUsed
  const input = { connection: {}, root, signal: new AbortController().signal, context }
  const error = await thrownError(() => runSeed('db', { module: { $file: file } }, input))
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024)
  expect(error.message).toMatch(/^services\.db\.seed: .*seed\.mjs failed with exit code 1\.\n/)
  expect(error.message).toContain('RangeError: odd')
  expect(error.message.length).toBeLessThan(70_000)
})
