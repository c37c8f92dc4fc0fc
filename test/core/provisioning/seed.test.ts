import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSeed } from '../../../packages/core/src/provisioning/seed.ts'
import { thrownMessage } from '../../thrown-error.ts'

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
  await runSeed('db', { module }, { connection: { url: 'x://y' }, root, signal: new AbortController().signal })
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
