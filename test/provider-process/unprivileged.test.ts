import { execFileSync, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { removeFolder } from '../../packages/provider-process/src/system/service-folders.ts'
import { reservePort } from '../../packages/provider-process/src/endpoint.ts'
import { program } from '../../packages/services/src/programs/redis.ts'
import { thrownMessage } from '../thrown-error.ts'
import { listProcesses, openTestSession, type ProcessEntry } from './session.ts'

const NOBODY = 65_534
const REDIS = resolve('packages/services/src/programs/redis.ts')
const POSTGRES = resolve('packages/services/src/programs/postgres.ts')

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-user-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// Where root may not, the server runs as `nobody`.
const mayMount = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/passwd', '/etc/passwd']).status === 0

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('root keeps the folder of PostgreSQL, whose processes have none of its variables', async () => {
    process.env['TOKEN_OF_CI'] = 'token-of-ci'
    onTestFinished(() => void delete process.env['TOKEN_OF_CI'])
    const { start, journal, runId } = await openTestSession(temporaryFolder())
    const port = await reservePort('a', 0, new Map())
    const options = { username: 'test', database: 'test', locale: 'C', settings: {} }
    const unit = await start({ program: POSTGRES, options, secrets: { password: 'a1b2c3' } }, { main: port })
    const { path } = journal.find((entry) => (entry as { kind: string }).kind === 'folder') as { path: string }
    const folder = statSync(path)
    const data = statSync(join(path, 'data'))
    expect([folder.uid, folder.mode & 0o777, data.mode & 0o777]).toEqual([0, 0o711, 0o700])
    expect(data.uid).not.toBe(0)
    expect(data.uid >= 2_000_000_000).toBe(mayMount)
    const files = readdirSync(path).map((name) => [name, statSync(join(path, name)).uid])
    expect(files.filter(([name]) => name !== 'data').every(([, uid]) => uid === 0)).toBe(true)
    const own = (): readonly ProcessEntry[] =>
      listProcesses().filter(({ environment }) => environment.includes(`MOORAGE_UNIT=${runId}/`))
    await expect.poll(own).not.toEqual([])
    const [server] = own()
    expect(server?.uid).toBe(data.uid)
    expect(server?.environment).not.toContain('token-of-ci')
    const asUser = await unit.exec?.(['sh', '-c', 'id -u; echo "$TOKEN_OF_CI"'], new AbortController().signal)
    expect(asUser?.stdout).toBe(`${data.uid}\n\n`)
    // What a local user tried: to replace the server by a script.
    const swap = `mv ${path}/server ${path}/old; mv ${path}/data ${path}/old; touch ${path}/new`
    execFileSync('sh', ['-c', `${swap}; exit 0`], { uid: NOBODY, gid: NOBODY, stdio: 'ignore' })
    expect(readdirSync(path).toSorted()).toEqual(files.map(([name]) => name).toSorted())
    await unit.stop()
    expect(existsSync(path)).toBe(false)
    expect(own()).toEqual([])
  })

  test('the folder of another user is removed as that user: what it cannot remove stays', async () => {
    const base = temporaryFolder()
    const data = join(base, 'service', 'data')
    mkdirSync(join(data, 'deep'), { recursive: true })
    writeFileSync(join(data, 'deep', 'file'), '')
    chownSync(data, NOBODY, NOBODY)
    chownSync(join(data, 'deep'), NOBODY, NOBODY)
    mkdirSync(join(data, 'of-root'))
    writeFileSync(join(data, 'of-root', 'file'), '')
    expect(await thrownMessage(() => removeFolder(join(base, 'service')))).toBe(
      `START_FAILED\nThe folder ${data} belongs to uid ${NOBODY}, and a process of that user could not remove it.\nCheck what it contains, then run: rm -r ${data}`,
    )
    expect(readdirSync(data)).toEqual(['of-root'])
    expect(readdirSync(join(data, 'of-root'))).toEqual(['file'])
    rmSync(join(data, 'of-root'), { recursive: true })
    await removeFolder(join(base, 'service'))
    expect(readdirSync(base)).toEqual([])
  })
})

test('a link in a folder is removed, and not what it leads to', async () => {
  const base = temporaryFolder()
  mkdirSync(join(base, 'service'))
  mkdirSync(join(base, 'else'))
  writeFileSync(join(base, 'else', 'file'), '')
  execFileSync('ln', ['-s', join(base, 'else'), join(base, 'service', 'link')])
  await removeFolder(join(base, 'service'))
  await removeFolder(join(base, 'service'))
  expect(readdirSync(base)).toEqual(['else'])
  expect(readdirSync(join(base, 'else'))).toEqual(['file'])
})

test('no argument of a service or its watcher contains the password of Redis', async () => {
  const { start } = await openTestSession()
  const port = await reservePort('a', 0, new Map())
  const password = `secret${port}x`
  const unit = await start({ program: REDIS, secrets: { password }, options: { settings: {} } }, { main: port })
  for await (const { text } of unit.logs({ follow: true })) if (text.includes('Ready to accept')) break
  const commands = listProcesses().map(({ command }) => command)
  expect(commands.filter((command) => command.includes(password))).toEqual([])
  expect(commands.some((command) => command.includes(`redis-server 127.0.0.1:${port}`))).toBe(true)
})

test('Redis reads its password from a file that only its user can read', async () => {
  const folder = temporaryFolder()
  const { command } = await program({
    service: 'cache',
    ports: { main: 6379 },
    options: { settings: {} },
    secrets: { password: 'a-password' },
    root: folder,
    dir: () => Promise.resolve(folder),
    cache: () => Promise.resolve(folder),
    notice: () => {},
    signal: new AbortController().signal,
  })
  expect(command.join(' ')).not.toContain('a-password')
  const file = join(folder, 'redis.conf')
  expect(readFileSync(file, 'utf8')).toContain('requirepass a-password\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('the watcher has no arguments of the command', async () => {
  const { start } = await openTestSession()
  const unit = await start({ command: ['sh', '-c', 'echo up; exec sleep 1000', 'argument-of-the-command'] })
  for await (const { text } of unit.logs({ follow: true })) if (text === 'up') break
  const holders = (): readonly string[] =>
    listProcesses()
      .map(({ command }) => command)
      .filter((command) => command.includes('argument-of-the-command'))
  await expect.poll(holders).toEqual([])
})
