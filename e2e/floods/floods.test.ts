import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { config, openProject, scripts, type Project } from '../cli/project.ts'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'
import { expectPeak } from './expect-peak.ts'
import { manyFiles } from './many-files.ts'
import { peakMemory } from './peak-memory.ts'

const SERVER = `import { createServer } from 'node:http'
createServer((_, response) => response.end('hello')).listen(Number(process.env.PORT), process.env.HOST)
`

/** A server whose output has no end. It honours the pace of its reader. */
const chatty = (write: string): string => `${SERVER}
const write = () => { while (process.stdout.write(${write})); process.stdout.once('drain', write) }
setTimeout(write, 500)
`
const LINES = "'a line of some forty characters, and more\\n'.repeat(200)"
const NO_END = "'x'.repeat(65536)"

const EXEC = `import { provision } from 'moorage'
import config from './moorage.config.ts'
await using env = await provision(config)
console.log('RUNNING')
const error = await env.exec('api', ['yes']).catch((cause) => cause)
console.log(String(error.message).includes('8 MiB') ? 'STOPPED 8 MiB' : error)
`

function chattyProject(write: string): Project {
  return openProject({
    'moorage.config.ts': config("api: command({ command: [process.execPath, 'server.mjs'] })", 'plain()').replace(
      'container, ',
      'command, container, ',
    ),
    'package.json': scripts({}),
    'server.mjs': chatty(write),
  })
}

/** Starts the services for some seconds. */
async function start(project: Project, stage: Stage, seconds: number): ReturnType<Stage['start']> {
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', `echo RUNNING; sleep ${seconds}`))
  await until(`a run:\n${child.output()}`, () => child.output().includes('RUNNING'))
  return child
}

test.each([
  ['lines', LINES],
  ['a line without an end', NO_END],
])('a service floods its output with %s', async (_, write) => {
  using project = chattyProject(write)
  await using stage = await openStage(project.folder, 'process')
  const child = await start(project, stage, 8)
  const peak = await peakMemory(await stage.supervisor(), child.ended)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expectPeak(peak)
  await stage.clean(5_000)
})

test.each([
  ['lines', LINES],
  ['a line without an end', NO_END],
])('a reader of %s without end stops, goes on, and ends', async (_, write) => {
  using project = chattyProject(write)
  await using stage = await openStage(project.folder, 'process')
  const child = await start(project, stage, 10)
  const reader = await stage.start([
    'sh',
    '-c',
    'exec "$@" >/dev/null',
    'sh',
    ...moorage(project.folder, 'logs', '-f', 'api'),
  ])
  const supervisor = await stage.supervisor()
  const peaks = peakMemory(supervisor, child.ended)
  await sleep(2_000)
  reader.kill('SIGSTOP')
  await sleep(4_000)
  reader.kill('SIGCONT')
  expectPeak(await peaks)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect((await reader.ended).signal).toBe(null)
  await stage.clean(5_000)
})

test('a command prints without end, and its reader has the last word', async () => {
  using project = chattyProject(LINES)
  writeFileSync(join(project.folder, 'exec.mjs'), EXEC)
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start([process.execPath, 'exec.mjs'])
  await until(`a run:\n${child.output()}`, () => child.output().includes('RUNNING'))
  expectPeak(await peakMemory(await stage.supervisor(), child.ended))
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain('STOPPED 8 MiB')
  await stage.clean(5_000)
})

test('a seed prints 1 GiB', async () => {
  using project = openProject({
    'moorage.config.ts': config("cache: redis({ seed: './seed.mjs' })", 'plain()'),
    'seed.mjs': `export async function seed() {
  const text = ${LINES}.repeat(8)
  for (let written = 0; written < 2 ** 30; written += text.length)
    if (!process.stdout.write(text)) await new Promise((done) => process.stdout.once('drain', done))
}`,
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'))
  await until('a supervisor', () => child.output().includes('starting'))
  const peak = await peakMemory(await stage.supervisor(), child.ended)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expectPeak(peak)
  await stage.clean(5_000)
})

test('10,000 connections that say nothing, or garbage', async () => {
  using project = chattyProject(LINES)
  await using stage = await openStage(project.folder, 'process')
  const cache = join(stage.world.folder, 'c')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 15'), {
    MOORAGE_CACHE_DIR: cache,
  })
  await until(`a run:\n${child.output()}`, () => child.output().includes('RUNNING'))
  const socket = String(spawnSync('sh', ['-c', `echo ${cache}/run/*.sock`]).stdout).trim()
  const supervisor = await stage.supervisor()
  const peaks = peakMemory(supervisor, child.ended)
  const sockets: Socket[] = []
  for (let n = 0; n < 10_000; n++) {
    const each = connect(socket).on('error', () => {})
    if (n % 2) each.write('GET / HTTP/1.1\r\n\r\n{"id":1,"method":"__proto__"}\n')
    sockets.push(each)
    if (n % 200 === 0) await sleep(5)
  }
  const status = await stage.start(moorage(project.folder, 'status'), { MOORAGE_CACHE_DIR: cache })
  expect((await status.ended).code, status.output()).toBe(0)
  for (const each of sockets) each.destroy()
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expectPeak(await peaks)
  await stage.clean(5_000)
})

test.each([
  ['exec', 'moorage exec -- yes | head -1'],
  ['logs', 'moorage exec -- sh -c "moorage logs -f api | head -1"'],
  ['status', 'moorage exec -- sh -c "moorage status --json | true"'],
  ['up', 'moorage up --ttl 20s --env | true; moorage down'],
  ['stderr', 'moorage exec -- sh -c "sleep 1" 2>&1 >/dev/null | true'],
])('a reader that closes its end of the pipe: %s', async (_, line) => {
  using project = chattyProject(LINES)
  await using stage = await openStage(project.folder, 'process')
  const bin = join(project.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'moorage'), `#!/bin/sh\nexec ${moorage(project.folder).join(' ')} "$@"\n`, { mode: 0o755 })
  const child = await stage.start(['sh', '-c', line], { PATH: `${bin}:${process.env['PATH']}` })
  expect((await child.ended).signal, child.output()).toBe(null)
  await stage.clean(5_000)
})

test('100,000 small files and one of 200 MiB as the files of a server', async () => {
  using project = openProject({
    'moorage.config.ts': config("api: npmServer({ files: ['data'] })", 'plain()'),
    'package.json': scripts({ start: 'exec node server.mjs' }),
    'server.mjs': SERVER,
  })
  manyFiles(join(project.folder, 'data'))
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'))
  expectPeak(await peakMemory(child.pid, child.ended))
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
})
