import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startDebugFile } from '../../../packages/core/src/debug/debug-file.ts'
import { enabledAreas } from '../../../packages/core/src/debug/enabled-areas.ts'
import { debugLog, hideFromDebugLog, setDebugSink } from '../../../packages/core/src/provider-kit/debug-log.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'moorage-debug-'))))
afterEach(() => {
  setDebugSink(undefined)
  rmSync(folder, { recursive: true })
})

const log = (name = 'a'): string => join(folder, `${name}.log`)
const lines = (name = 'a'): readonly { readonly [field: string]: unknown }[] =>
  readFileSync(join(folder, `${name}.debug.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const areas = (value: string): ReadonlySet<string> => enabledAreas({ MOORAGE_DEBUG: value }) ?? new Set()

test('off by default: no log, no file, and the fields are not even made', () => {
  expect(enabledAreas({})).toBeUndefined()
  expect(enabledAreas({ MOORAGE_DEBUG: '' })).toBeUndefined()
  expect(enabledAreas({ MOORAGE_DEBUG: '0' })).toBeUndefined()
  let made = 0
  debugLog('docker')?.('call', { n: ++made })
  expect(made).toBe(0)
  expect(readdirSync(folder)).toEqual([])
})

test('1 turns every area on, a list turns on its own', () => {
  expect(areas('1').size).toBe(8)
  startDebugFile(log(), { areas: areas('docker, forward'), role: 'runner' })
  debugLog('docker')?.('call', { path: '/info', ms: 3 })
  debugLog('protocol')?.('send', {})
  expect(lines()).toEqual([
    { time: expect.any(String), pid: process.pid, role: 'runner', area: 'docker', event: 'call', path: '/info', ms: 3 },
  ])
})

test('an unknown area is a USAGE error that lists the areas', () => {
  expect(() => areas('docker,kubernets')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringMatching(/no area 'kubernets'[^]*protocol, supervisor, provisioning, docker/),
    }),
  )
})

test.each([
  ['a known secret', { text: 'it was hunter22 again' }],
  ['a known secret inside of a URL', { url: '/x?p=hunter22' }],
  ['credentials of a URL', { url: 'postgres://me:canary-pw@localhost:1/db' }],
  ['a bearer', { header: 'Authorization: Bearer canary-pw' }],
  ['a field of that name', { password: 'canary-pw' }],
  ['a variable in a text', { text: 'env POSTGRES_PASSWORD=canary-pw given' }],
  ['a variable in a list', { env: ['API_TOKEN=canary-pw'] }],
  ['a flag', { command: 'redis-server --requirepass canary-pw' }],
  ['a flag with its value', { text: '--password=canary-pw' }],
  ['a command in a query', { path: '/exec?command=canary-pw&stdout=true' }],
])('redacts %s', (_, fields) => {
  startDebugFile(log(), { areas: areas('1'), role: 'runner' })
  hideFromDebugLog(['hunter22'])
  debugLog('docker')?.('call', fields)
  const text = JSON.stringify(lines())
  expect(text).toContain('***')
  expect(text).not.toMatch(/canary-pw|hunter22/)
})

test('a secret with quotes is struck out as JSON writes it', () => {
  startDebugFile(log(), { areas: areas('1'), role: 'runner' })
  hideFromDebugLog(['se"cr\\et'])
  debugLog('docker')?.('call', { text: 'a se"cr\\et b' })
  expect(lines()).toMatchObject([{ text: 'a *** b' }])
})

test('a file that is full ends with a line that says so', () => {
  startDebugFile(log(), { areas: areas('1'), role: 'runner', maxBytes: 1_000 })
  for (let n = 0; n < 100; n++) debugLog('docker')?.('call', { n })
  expect(lines().at(-1)).toEqual({ pid: process.pid, event: 'full', maxBytes: 1_000 })
  expect(readFileSync(join(folder, 'a.debug.jsonl')).length).toBeLessThan(1_100)
})

test('a file that is half full makes room for the next run', () => {
  writeFileSync(join(folder, 'a.debug.jsonl'), 'x'.repeat(600))
  startDebugFile(log(), { areas: areas('1'), role: 'runner', maxBytes: 1_000 })
  debugLog('docker')?.('call', {})
  expect(readdirSync(folder).toSorted()).toEqual(['a.debug.jsonl', 'a.debug.old.jsonl'])
  expect(lines()).toHaveLength(1)
})

test('the newest 20 files of a folder stay', () => {
  for (let n = 0; n < 30; n++) {
    const file = join(folder, `old-${n}.debug.jsonl`)
    writeFileSync(file, '')
    utimesSync(file, n, n)
  }
  writeFileSync(join(folder, 'a.journal'), '')
  startDebugFile(log(), { areas: areas('1'), role: 'runner' })
  const left = readdirSync(folder)
  expect(left).toHaveLength(21)
  expect(left).toEqual(
    expect.arrayContaining(['a.debug.jsonl', 'a.journal', 'old-29.debug.jsonl', 'old-11.debug.jsonl']),
  )
})

test('a folder that is not there ends the log, and not the run', () => {
  startDebugFile(join(folder, 'nowhere', 'a.log'), { areas: areas('1'), role: 'runner' })
  expect(() => debugLog('docker')?.('call', {})).not.toThrow()
})
