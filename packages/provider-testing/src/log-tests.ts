import { expect, test } from 'vitest'
import { collect } from './unit-io.ts'
import type { ProviderSubject } from './provider-subject.ts'
import { type SessionUnderTest } from './session-under-test.ts'

/** Lines of units, whole and told apart. */
export function testLogs({ units }: ProviderSubject, current: () => SessionUnderTest): void {
  test('logs: from the first line, a long line, and a line without an end; they end with the unit', async () => {
    const { start } = current()
    const { unit } = await start('a', () => units.output)
    await unit.exited
    const lines = await collect(unit.logs({ follow: true }))
    expect(lines).toEqual(['out', 'x'.repeat(100_000), 'last'])
    expect(await collect(unit.logs({ tail: 1 }))).toEqual(['last'])
  })

  test('logs: follow a running unit, distinguish stdout and stderr, and end at the signal', async () => {
    const { start } = current()
    const { unit } = await start('a', units.echo)
    const stop = new AbortController()
    const seen: string[] = []
    for await (const { stream, text } of unit.logs({ follow: true, signal: stop.signal })) {
      seen.push(`${units.separatesStreams ? stream : '-'} ${text}`)
      if (seen.length === 2) stop.abort()
    }
    expect(seen.toSorted()).toEqual(
      units.separatesStreams ? ['stderr warned', 'stdout listening'] : ['- listening', '- warned'],
    )
  })
}
