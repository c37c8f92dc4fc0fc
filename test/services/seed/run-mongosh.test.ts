import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { seed } from '../../../packages/services/src/seed/run-mongosh.ts'
import { defineConfig, mongodb, type AnyConfig } from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-mongosh-'))))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

const url = 'mongodb://root:secret@127.0.0.1:1/test?directConnection=true'
const run = async (): Promise<void> => await seed({ url }, { files: [{ $file: join(root, 'a.mongosh.js') }] }, { root })

/** FAKE: a mongosh that records how it is called, because the test bed has none. */
function installMongosh(script: string): void {
  writeFileSync(join(root, 'mongosh'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(root, 'mongosh'), 0o755)
  vi.stubEnv('PATH', `${root}:${process.env['PATH']}`)
}

test('a script runs in mongosh, which gets the URL by a variable and not as an argument', async () => {
  installMongosh('printf "%s\\n" "$MOORAGE_SEED_URL" "$@" > called')
  await run()
  const [variable, ...args] = readFileSync(join(root, 'called'), 'utf8').trim().split('\n')
  expect(variable).toBe(url)
  expect(args.join(' ')).not.toContain('root:secret')
  expect(args).toEqual([
    '--nodb',
    '--quiet',
    '--norc',
    '--eval',
    'db = connect(process.env.MOORAGE_SEED_URL)',
    '--file',
    join(root, 'a.mongosh.js'),
  ])
})

test('a script that fails is an error with its file and the end of mongosh', async () => {
  installMongosh('exit 3')
  expect((await thrownMessage(run)).replaceAll(root, 'ROOT')).toBe(
    'SEED_FAILED\nROOT/a.mongosh.js failed: mongosh ended with 3.\nCorrect the script. Its `db` is the database that tests get.',
  )
})

test('without mongosh the error names the ways out', async () => {
  vi.stubEnv('PATH', root)
  expect((await thrownMessage(run)).replaceAll(root, 'ROOT')).toBe(
    'SEED_FAILED\nROOT/a.mongosh.js is a mongosh script, and there is no mongosh on the PATH.\nInstall mongosh on this machine, or write the seed as a module that exports seed(connection).',
  )
})

test.each([
  ['a.mongosh.js', /run-mongosh\.[jt]s$/],
  ['a.mongodb.js', /run-mongosh\.[jt]s$/],
  ['a.js', /a\.js$/],
])('the name of a seed tells a script from a module: %s', (name, module) => {
  const config = defineConfig({ root, services: { db: mongodb({ seed: join(root, name) }) } })
  expect((config as unknown as AnyConfig).services['db']?.seed?.module.$file).toMatch(module)
})
