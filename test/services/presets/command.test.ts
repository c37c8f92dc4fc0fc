import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { command, defineConfig, plainProcess as plain, provision } from '../../../packages/moorage/src/index.ts'
import type { ProvisionOptions } from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-command-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

const { MOORAGE: _, ...own } = process.env
const options = (): ProvisionOptions => ({
  env: { ...own, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: join(root, 'cache'), MOORAGE_SUPERVISOR: 'inline' },
  onProgress: () => {},
})

test('a program gets the port as an argument and as a variable, and runs in its folder', async () => {
  mkdirSync(join(root, 'app'))
  writeFileSync(
    join(root, 'app', 'server.mjs'),
    `import { createServer } from 'node:http'
const [address, fixed] = process.argv.slice(2)
const answer = JSON.stringify([address === process.env.HOST + ':' + process.env.PORT, fixed, process.env.GREETING])
createServer((_, response) => response.end(answer)).listen(process.env.PORT, process.env.HOST)`,
  )
  const services = {
    api: command({
      command: ['node', 'server.mjs', '$HOST:$PORT', '$PORTAL'],
      cwd: 'app',
      env: { GREETING: 'hello' },
      ready: [{ kind: 'http' }],
    }),
  }
  await using env = await provision(defineConfig({ root, provider: plain(), services }), options())
  expect(await (await fetch(env.endpoints.api.url)).json()).toEqual([true, '$PORTAL', 'hello'])
})

test.for([
  ['no-such-program', 'services.api.command: found no no-such-program on the PATH.'],
  ['./bin/server', 'services.api.command: ROOT/bin/server does not exist.'],
])('%s: a program that does not exist is named', async ([name, text]) => {
  const services = { api: command({ command: [name as string] }) }
  const message = await thrownMessage(() => provision(defineConfig({ root, provider: plain(), services }), options()))
  expect(message.replaceAll(root, 'ROOT')).toBe(
    `PROGRAM_NOT_FOUND\n${text}\nInstall it, or correct the command.\nMore: moorage explain PROGRAM_NOT_FOUND`,
  )
})

test('a command that is no list is refused', async () => {
  expect(await thrownMessage(() => command({ command: 'npm start' as unknown as string[] }))).toBe(
    "CONFIG_INVALID\ncommand({ command }) is not a list of a program and its arguments.\nGive them as a list, such as ['uvicorn', 'app:app', '--port', '$PORT'].",
  )
})
