import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError } from '@moorage/core/provider'
import { expect, test } from 'vitest'
import { collect, exchange } from './unit-io.ts'
import type { ProviderSubject } from './provider-subject.ts'
import { echoes, type SessionUnderTest } from './session-under-test.ts'

/** Starts, ends, aborts and stops of units. */
export function testLifecycle(
  { provider, units, exitWithinMs = 1_000, kill }: ProviderSubject,
  current: () => SessionUnderTest,
): void {
  test('probe: the provider can be used on this machine', async () => {
    const { abort } = current()
    expect(await provider.probe(abort.signal)).toMatchObject({ ok: true, detail: expect.stringMatching(/\w/) })
  })

  test('starts a service that this machine reaches, and journals before it creates', async () => {
    const { start, journal, phases } = current()
    expect(await echoes(await start('a', units.echo))).toBe('ping')
    expect(phases).toContain('start')
    // Without `reap` there is no use for a journal.
    if (provider.reap) expect(journal.length).toBeGreaterThan(0)
  })

  test('an immediate crash is noticed in time, with its exit code and last lines', async () => {
    const { start } = current()
    const { unit } = await start('a', () => units.crash)
    const since = performance.now()
    expect(await unit.exited).toMatchObject({ reason: 'exited', code: 3 })
    expect(performance.now() - since).toBeLessThan(exitWithinMs)
    expect(await collect(unit.logs({}))).toEqual(['broken'])
  })

  test('the end of a service does not affect a sibling, even one whose name begins with its name', async () => {
    const { start } = current()
    const sibling = await start('ab', units.echo)
    await echoes(sibling)
    const { unit } = await start('a', () => units.crash)
    await unit.exited
    await sleep(500)
    expect(await echoes(sibling)).toBe('ping')
  })

  test('a killed unit reports the signal', async () => {
    const { start, run } = current()
    const { unit } = await start('a', units.echo)
    await kill(run.id, 'a')
    expect(await unit.exited).toMatchObject({ reason: 'exited', signal: 'SIGKILL' })
  })

  test('the error for a missing image or program names it and the config key', async () => {
    const { start } = current()
    const error = await start('a', () => units.absent).then(
      () => undefined,
      (failure: unknown) => failure,
    )
    expect(isMoorageError(error) && error.code).toBe(units.absent.code)
    expect((error as Error).message).toMatch(units.absent.text)
    // One failure does not spoil the session.
    expect(await echoes(await start('b', units.echo))).toBe('ping')
  })

  test('a port that never opens: it starts, does not answer, and stops', async () => {
    const { start } = current()
    const { unit, port } = await start('a', () => units.silent)
    const { host, port: number } = await unit.endpoint(port, 'host')
    expect(await exchange(host, number, 'ping')).not.toBe('ping')
    await unit.stop()
  })

  test('stop works twice and after the end, close works twice', async () => {
    const { start, session } = current()
    const one = await start('a', units.echo)
    await echoes(one)
    await Promise.all([one.unit.stop(), one.unit.stop()])
    const two = await start('b', () => units.crash)
    await two.unit.exited
    await two.unit.stop()
    await session.close()
    await session.close()
    const { host, port } = await one.unit.endpoint(one.port, 'host').catch(() => ({ host: '127.0.0.1', port: 1 }))
    expect(await exchange(host, port, 'ping')).not.toBe('ping')
  })

  test.each([0, 1, 5, 20, 60, 90, 120, 150, 180, 220, 300, 400])(
    'aborted after %i ms, a start rejects with the reason or has come to its end; nothing is left',
    async (ms) => {
      const { start } = current()
      const stop = new AbortController()
      const starting = start('a', units.echo, stop.signal).then(
        () => 'started',
        (error: unknown) => error,
      )
      if (ms) await sleep(ms)
      const reason = new RangeError('enough')
      stop.abort(reason)
      expect(['started', reason]).toContain(await starting)
    },
  )

  test('closed while a start is under way', async () => {
    const { start, session, abort } = current()
    const starting = start('a', units.echo).catch(() => {})
    await sleep(30)
    abort.abort(new RangeError('closing'))
    await session.close()
    await starting
  })

  test('stopped, and started again in the same session', async () => {
    const { start } = current()
    const first = await start('a', units.echo)
    await echoes(first)
    await first.unit.stop()
    const second = await start('a', units.echo)
    expect(await echoes(second)).toBe('ping')
  })

  test('20 services at once', async () => {
    const { start } = current()
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`)
    const all = await Promise.all(names.map((key) => start(key, units.echo)))
    expect(await Promise.all(all.map(echoes))).toEqual(names.map(() => 'ping'))
  })
}
