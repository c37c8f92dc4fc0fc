import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectGarbage } from '../../../packages/core/src/client/gc.ts'
import { listRuns } from '../../../packages/core/src/client/list-runs.ts'
import { currentOwner } from '../../../packages/core/src/provider-kit/process-identity.ts'
import { supervisorPaths } from '../../../packages/core/src/protocol/paths.ts'
import { PROTOCOL_VERSION } from '../../../packages/core/src/protocol/version.ts'
import { openJournal } from '../../../packages/core/src/recovery/journal.ts'

const base = mkdtempSync(join(tmpdir(), 'moorage-list-'))
const env = { MOORAGE_CACHE_DIR: base }
const servers: Server[] = []

// Stand-ins for a supervisor of another version, one that is stopped, and one whose run is kept because it failed.
beforeAll(async () => {
  mkdirSync(join(base, 'run'), { mode: 0o700 })
  await standIn('other-version', (id) => (id === undefined ? { event: { hello: PROTOCOL_VERSION - 1 } } : {}))
  await standIn('stopped', () => undefined)
  await standIn('failed', (id) =>
    id === undefined
      ? { event: { hello: PROTOCOL_VERSION } }
      : { id, result: { retention: { reason: 'failed' }, users: 0 } },
  )
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(base, { recursive: true, force: true })
})

/** Answers a connection, and then each call by its id. */
async function standIn(run: string, answer: (id?: number) => object | undefined): Promise<void> {
  const paths = supervisorPaths(run, join(base, 'run'))
  openJournal(paths, currentOwner()).recordRun(run, { root: `/project/${run}`, family: '' })
  const server = createServer((socket) => {
    const send = (message: object | undefined): void => void (message && socket.write(`${JSON.stringify(message)}\n`))
    send(answer())
    socket.on('error', () => {}).setEncoding('utf8')
    socket.on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) {
        const { id } = JSON.parse(line) as { readonly id?: number }
        if (id !== undefined) send(answer(id))
      }
    })
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(paths.socket, done))
}

const OTHER_VERSION = `The supervisor uses protocol ${PROTOCOL_VERSION - 1}, this client uses protocol ${PROTOCOL_VERSION}.\nThe project uses two versions of moorage. Wait until the first run ends, or install the same version in both places.`
const STOPPED = `Its supervisor (pid ${process.pid}) does not respond: it is stopped, or this machine is overloaded.\nResume it (kill -CONT) or kill it.`

test('a run of another version and one whose supervisor is stopped do not hide the others', async () => {
  const { runs, unreachable } = await listRuns(env, { greetingMs: 500 })
  for (const { observer } of runs) observer.close()
  expect(runs.map(({ run }) => run)).toEqual(['failed'])
  expect(unreachable.toSorted((a, b) => a.run.localeCompare(b.run))).toEqual([
    { run: 'other-version', root: '/project/other-version', reason: OTHER_VERSION },
    { run: 'stopped', root: '/project/stopped', reason: STOPPED },
  ])
})

test('gc collects what it can, and reports the runs that it skipped', async () => {
  const { signal } = new AbortController()
  const options = { env, root: base, dry: true, failed: true, signal, greetingMs: 500 }
  const { reaped, failures, skipped } = await collectGarbage([], options)
  expect(reaped).toEqual([{ kind: 'run', id: 'failed', run: 'failed' }])
  expect(failures).toEqual([])
  expect(skipped.map(({ run }) => run).toSorted()).toEqual(['other-version', 'stopped'])
})
