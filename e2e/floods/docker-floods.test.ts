import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { config, openProject } from '../cli/project.ts'
import { missing } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { expectPeak } from './expect-peak.ts'
import { manyFiles } from './many-files.ts'
import { peakMemory } from './peak-memory.ts'

const container = (options: string): string =>
  config(`api: container({ image: 'redis:7', ports: { main: 6379 }, ${options} })`, 'docker()')

test.skipIf(missing('docker'))('100,000 small files and one of 200 MiB as the files of a container', async () => {
  using project = openProject({ 'moorage.config.ts': container("files: { '/many': './data' }") })
  manyFiles(join(project.folder, 'data'))
  await using stage = await openStage(project.folder, 'docker')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'true'))
  await until('a supervisor', () => child.output().includes('starting'))
  const peak = await peakMemory(await stage.supervisor(), child.ended)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expectPeak(peak)
  // The engine removes as many files.
  await stage.clean(60_000)
})

test.skipIf(missing('docker'))('a container floods its log; a reader stops, and another reads all of it', async () => {
  const command = `['sh', '-c', 'redis-server --save "" & sleep 1; head -c 400000000 /dev/zero | tr "\\\\0" x | fold -w 99; wait']`
  using project = openProject({ 'moorage.config.ts': container(`command: ${command}`) })
  await using stage = await openStage(project.folder, 'docker')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 25'))
  await until(`a run:\n${child.output()}`, () => child.output().includes('RUNNING'))
  const peaks = peakMemory(await stage.supervisor(), child.ended)
  const logs = (...args: readonly string[]): readonly string[] => [
    'sh',
    '-c',
    'exec "$@" | wc -c',
    'sh',
    ...moorage(project.folder, 'logs', ...args, 'api'),
  ]
  const reader = await stage.start(logs('-f'))
  await sleep(2_000)
  reader.kill('SIGSTOP')
  const all = await stage.start(logs('-n', '10000000'))
  expect((await all.ended).code, all.output()).toBe(0)
  reader.kill('SIGCONT')
  expectPeak(await peaks)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  await reader.ended
  await stage.clean(5_000)
})
