import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { PROTOCOL_VERSION } from '../../../packages/core/src/protocol/version.ts'
import { supervisorPaths } from '../../../packages/core/src/protocol/paths.ts'
import { observeRun } from '../../../packages/core/src/client/run-observer.ts'
import { thrownMessage } from '../../thrown-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'moorage-visit-'))
const paths = supervisorPaths('0123456789abcdef', folder)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// A stand-in for a supervisor of another version, which this checkout cannot start.
async function greeting(text: string): Promise<Server> {
  const server = createServer((socket) => (text ? socket.on('error', () => {}).write(text) : socket.destroy()))
  await new Promise<void>((done) => server.listen(paths.socket, done))
  return server
}

test('no supervisor listens', async () => {
  expect(await observeRun(paths)).toBeUndefined()
})

test('one that is on its way down closes without a greeting', async () => {
  const server = await greeting('')
  expect(await observeRun(paths)).toBeUndefined()
  await new Promise((done) => server.close(done))
})

test('a supervisor of another version: the message says what to do', async () => {
  const server = await greeting(`${JSON.stringify({ event: { hello: PROTOCOL_VERSION - 1, pid: 1 } })}\n`)
  expect(await thrownMessage(() => observeRun(paths))).toBe(
    `SUPERVISOR_FAILED\nThe supervisor uses protocol ${PROTOCOL_VERSION - 1}, this client uses protocol ${PROTOCOL_VERSION}.\nThe project uses two versions of moorage. Wait until the first run ends, or install the same version in both places.`,
  )
  await new Promise((done) => server.close(done))
})
