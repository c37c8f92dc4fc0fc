import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportLines } from '../../packages/cli/src/export-lines.ts'

const PLAIN = {
  MOORAGE: JSON.stringify({ run: 'dev-1', services: { db: { url: `postgres://a:it's "$x\`@h/db` } } }),
  DB_URL: 'postgres://a:b%20c@127.0.0.1:5432/db?x=1&y=2#z',
  QUOTED_URL: "postgres://it's:me@127.0.0.1/db",
  DOLLAR_URL: 'redis://:pa$HOME`id`"\\@127.0.0.1/0',
  EMPTY: '',
  LINES: 'one\ntwo',
}
const PRINT = 'process.stdout.write(JSON.stringify(process.env))'

/** What each reader of the lines gets: the JSON text of MOORAGE may be written in another way, and means the same. */
function meaningOf(stdout: string, names: readonly string[]): object {
  const env = JSON.parse(stdout) as { readonly [name: string]: string }
  return Object.fromEntries(names.map((name) => [name, name === 'MOORAGE' ? JSON.parse(env[name] ?? '') : env[name]]))
}

test('a shell exports the values to the programs that it starts', () => {
  const variables = { ...PLAIN, BOTH_URL: `redis://it's:"$x"@h` }
  const script = `${exportLines(variables).join('\n')}\nexec "$0" -e '${PRINT}'`
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(meaningOf(stdout, Object.keys(variables))).toEqual({ ...variables, MOORAGE: JSON.parse(variables.MOORAGE) })
})

test('node --env-file reads the same values', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-env-'))
  try {
    const file = join(folder, '.env')
    writeFileSync(file, `${exportLines(PLAIN).join('\n')}\n`)
    const { stdout } = spawnSync(process.execPath, [`--env-file=${file}`, '-e', PRINT], { encoding: 'utf8', env: {} })
    expect(meaningOf(stdout, Object.keys(PLAIN))).toEqual({ ...PLAIN, MOORAGE: JSON.parse(PLAIN.MOORAGE) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
