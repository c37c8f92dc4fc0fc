import { WriteStream } from 'node:tty'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LiveTable } from '../../packages/cli/src/live-table.ts'

interface Terminal {
  readonly stream: WriteStream
  /** What is on the screen: the escape sequences of the table have taken effect. */
  screen(): readonly string[]
}

/** A terminal that understands the two sequences that the table uses. */
function openTerminal(size: { readonly columns: number; readonly rows: number }): Terminal {
  const lines: string[] = ['']
  const write = (text: string): boolean => {
    for (const part of text.replaceAll('\u001B', '').split(/(\[\d+A\r|\[0J|\n)/)) {
      const [, up] = /^\[(\d+)A\r$/.exec(part) ?? []
      if (up !== undefined) lines.length -= Number(up)
      else if (part === '\n') lines.push('')
      else if (part === '[0J') lines[lines.length - 1] = ''
      else lines[lines.length - 1] += part
    }
    return true
  }
  const stream = Object.assign(Object.create(WriteStream.prototype) as WriteStream, { ...size, write })
  return { stream, screen: () => lines }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  vi.stubEnv('NO_COLOR', '1')
  vi.stubEnv('GITHUB_ACTIONS', '')
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

test('services that start are redrawn in place; what is over stays above them', () => {
  const { stream, screen } = openTerminal({ columns: 60, rows: 10 })
  const table = new LiveTable(stream)
  table.show({ kind: 'provider', name: 'docker', reason: 'chosen' })
  table.show({ kind: 'phase', service: 'db', phase: 'pull', detail: 'postgres:17' })
  table.show({ kind: 'phase', service: 'cache', phase: 'start' })
  vi.advanceTimersByTime(1_200)
  expect(screen()).toEqual([
    'moorage: provider docker (chosen)',
    'moorage: db       1.2 s  pulling postgres:17',
    'moorage: cache    1.2 s  starting',
    '',
  ])
  table.show({ kind: 'ready', service: 'cache', url: 'redis://127.0.0.1:1', ms: 1_300 })
  table.show({ kind: 'phase', service: 'db', phase: 'ready' })
  expect(screen()).toEqual([
    'moorage: provider docker (chosen)',
    'moorage: ✓ cache  redis://127.0.0.1:1  1.30 s',
    'moorage: db    1.2 s  waiting until ready',
    '',
  ])
  table.end()
  expect(screen()).toEqual(['moorage: provider docker (chosen)', 'moorage: ✓ cache  redis://127.0.0.1:1  1.30 s', ''])
})

test('no line is longer than the terminal, and no more lines than it has', () => {
  const { stream, screen } = openTerminal({ columns: 30, rows: 3 })
  const table = new LiveTable(stream)
  for (const service of ['a', 'b', 'c'])
    table.show({ kind: 'phase', service, phase: 'pull', detail: 'registry.example/a/long/name:1' })
  expect(screen()).toEqual(['moorage: a    0.0 s  pulling ', 'moorage: b    0.0 s  pulling ', ''])
  table.end()
})

test('a terminal without a size counts as 80 columns', () => {
  const { stream, screen } = openTerminal({ columns: 0, rows: 0 })
  const table = new LiveTable(stream)
  table.show({ kind: 'phase', service: 'db', phase: 'start' })
  expect(screen()).toEqual(['moorage: db    0.0 s  starting', ''])
  table.end()
})
