import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { config, openProject, scripts } from '../cli/project.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/lifecycle'
const site = {
  'site/index.html': 'hello',
  'moorage.config.ts': config("web: staticServer({ root: 'site' })", 'plain()'),
}
const hold = [process.execPath, 'hold.mjs']

/** A small file system of its own; there before the inventory is taken, gone afterwards. */
function mount(options: string): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'world-disk-'))
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path], { encoding: 'utf8' })
  if (status !== 0) throw new RangeError(stderr)
  return {
    path,
    [Symbol.dispose]() {
      spawnSync('umount', ['--lazy', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

function fill(path: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${join(path, 'full')}`, 'bs=4k'])
}

test('the files of a dead supervisor, and others in their place, block no run', async () => {
  await using stage = await openStage(folder, 'process')
  const cache = join(stage.world.folder, 'c')
  const env = { MOORAGE_CACHE_DIR: cache }
  const child = await stage.start(hold, { ...env, LASTS_MS: '60000' })
  await until('a run', () => child.output().includes('HOLDS '))
  const supervisor = await stage.supervisor()
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  const left = readdirSync(join(cache, 'run'))
  expect(left.map((name) => name.replace(/^[0-9a-f]+(-[0-9a-f]+)?/, '')).toSorted()).toEqual(
    expect.arrayContaining(['.journal', '.lock', '.log', '.sock']),
  )
  // A crash of the machine can leave anything in them.
  for (const name of left.filter((each) => each.endsWith('.sock'))) {
    spawnSync('rm', [join(cache, 'run', name)])
    writeFileSync(join(cache, 'run', name), 'no socket')
  }
  for (const name of left.filter((each) => each.endsWith('.lock')))
    writeFileSync(join(cache, 'run', name), 'no database, but something else of more than a page'.repeat(100))
  const next = await stage.start(hold, env)
  expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
  await expect.poll(() => readdirSync(join(cache, 'run')), { timeout: 5_000 }).toEqual([])
  await stage.clean(5_000)
})

test('a full disk before the start: one message, and nothing is left', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('mounting needs root')
  using project = openProject(site)
  using disk = mount('size=64k,mode=700')
  const cache = disk.path
  await using stage = await openStage(project.folder, 'process')
  mkdirSync(join(cache, 'run'))
  fill(cache)
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'), { MOORAGE_CACHE_DIR: cache })
  expect(await child.ended, child.output()).toEqual({ code: 1, signal: null })
  expect(
    child
      .output()
      .replaceAll(cache, 'CACHE')
      .replace(/[0-9a-f]{16}(-[0-9a-f]{12})?/g, 'NAME'),
  ).toBe(
    [
      'moorage: The supervisor could not be started: The journal CACHE/run/NAME.journal cannot be written: ENOSPC: no space left on device, write.',
      'moorage starts nothing that it cannot record first. Free some space there, or set MOORAGE_CACHE_DIR to another folder.',
      'Its log is CACHE/run/NAME.log.',
      'More: moorage explain SUPERVISOR_FAILED',
      '',
    ].join('\n'),
  )
  await stage.clean(5_000)
})

test('a disk that fills in mid-run: the run goes on, and is undone to the last file', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('mounting needs root')
  using disk = mount('size=300m,mode=700')
  const cache = disk.path
  await using stage = await openStage(folder, 'process')
  const child = await stage.start(hold, { MOORAGE_CACHE_DIR: cache, HOLDS_UNTIL: stage.runsFile, LASTS_MS: '200' })
  await until('a run', () => child.output().includes('HOLDS '))
  fill(cache)
  writeFileSync(stage.runsFile, '')
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
  expect(readdirSync(join(cache, 'run'))).toEqual([])
})

test('a home that is read-only: sockets lie in the temporary folder', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('mounting needs root')
  using project = openProject(site)
  using disk = mount('ro')
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING $WEB_URL'), {
    HOME: disk.path,
    XDG_CACHE_HOME: '',
    MOORAGE_CACHE_DIR: '',
  })
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(/RUNNING http:/)
  // The folder of sockets, of the user's own, stays.
  await expect(stage.clean(1_000)).rejects.toThrow(/left behind: temporary file: moorage-0$/)
})

test('a wall clock that jumps by a day at every look moves no deadline', async () => {
  await using stage = await openStage(folder, 'process')
  const since = performance.now()
  const child = await stage.start([process.execPath, '--import', './jumping-clock.mjs', 'hold.mjs'], {
    MOORAGE_SUPERVISOR: 'inline',
    LASTS_MS: '300',
  })
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(performance.now() - since).toBeLessThan(15_000)
  await stage.clean(5_000)
})

test('a second client during the teardown gets a run of its own, and both end clean', async () => {
  // It needs a second to go.
  const slow =
    "import { createServer } from 'node:http'; createServer((_, r) => r.end('hello')).listen(process.env.PORT, '127.0.0.1'); process.on('SIGTERM', () => setTimeout(() => process.exit(), 800))"
  using project = openProject({
    'moorage.config.ts': config('api: npmServer()', 'plain()'),
    'package.json': scripts({ start: 'exec node server.js' }),
    'server.js': slow,
  })
  await using stage = await openStage(project.folder, 'process')
  const ask = `fetch(process.env.API_URL).then((r) => r.text()).then((t) => console.log('ASKED ' + t + ' ' + JSON.parse(process.env.MOORAGE).run))`
  const first = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '-e', ask))
  await until(`an answer:\n${first.output()}`, () => first.output().includes('ASKED '))
  const others = []
  for (let n = 0; n < 4; n++) {
    others.push(await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '-e', ask)))
    await new Promise((done) => setTimeout(done, 150))
  }
  for (const each of [first, ...others]) expect(await each.ended, each.output()).toEqual({ code: 0, signal: null })
  for (const each of others) expect(each.output()).toMatch(/ASKED hello dev-/)
  await stage.clean(5_000)
})

test('as the first process of a container: when its dispose has returned, nothing is left that could die with it', async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) skip('a pid namespace needs root')
  await using stage = await openStage(folder, 'process')
  const child = await stage.start(['unshare', '--pid', '--fork', '--mount-proc', ...hold], { LASTS_MS: '200' })
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain('DISPOSED')
  await stage.clean(0)
})

test('a supervisor killed beside another run: recovery goes by the journal, and the other run lives on', async () => {
  await using stage = await openStage(folder, 'process')
  // In CI each run is its own, though config and checkout are the same.
  const other = await stage.start(hold, { CI: 'true', HOLDS_UNTIL: stage.runsFile, LASTS_MS: '200' })
  await until('the other run', () => other.output().includes('HOLDS '))
  const spared = await stage.supervisor()
  const child = await stage.start(hold, { CI: 'true', LASTS_MS: '60000' })
  await until('a run', () => child.output().includes('HOLDS '))
  const all = (await stage.world.kinds[0]?.take()) ?? []
  const victim = all
    .map((item) => Number(/^(\d+) .*moorage supervisor/.exec(item)?.[1]))
    .find((pid) => pid > 0 && pid !== spared)
  process.kill(victim as number, 'SIGKILL')
  expect((await child.ended).code, child.output()).toBe(1)
  writeFileSync(stage.runsFile, '')
  expect(await other.ended, other.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
})
