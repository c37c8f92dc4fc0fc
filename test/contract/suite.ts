import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import {
  isMoorageError,
  currentOwner,
  type Json,
  type Owner,
  type Phase,
  type Run,
  type Session,
  type Unit,
} from '@moorage/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collect, exchange } from './observe.ts'
import type { Form, Subject } from './subject.ts'

// Milliseconds until everything that was removed is gone; a namespace takes ten seconds.
const GONE = 30_000

/** The suite that every provider passes. */
export function contractSuite({
  name,
  provider,
  units,
  leftovers,
  remains,
  exitWithin = 1_000,
  kill,
  missing,
}: Subject): void {
  describe.skipIf(missing)(`provider ${name}${missing ? ` (${missing})` : ''}`, () => {
    let before: readonly string[]
    let session: Session
    let journal: { entry: Json }[]
    let abort: AbortController
    let phases: Phase[]
    let run: Run

    const open = async (owner: Owner = currentOwner()): Promise<Session> => {
      const id = `contract-${randomBytes(4).toString('hex')}`
      run = {
        id,
        labels: { 'moorage.run': id },
        owner,
        root: process.cwd(),
        cache: process.env['MOORAGE_CACHE_DIR'] ?? `${process.env['HOME']}/.cache/moorage`,
      }
      const report = {
        phase: (_: string, phase: Phase) => void phases.push(phase),
        journal: (entry: Json) => void journal.push({ entry }),
        notice: () => {},
      }
      return await provider.open(run, report, abort.signal)
    }
    const start = async (
      key: string,
      form: (port: number) => Form,
      signal = abort.signal,
    ): Promise<{ unit: Unit; port: number }> => {
      const ports = (await session.reserve?.(key, { main: 0 })) ?? { main: 7000 }
      const port = ports['main'] as number
      return { port, unit: await session.start({ name: key, ports, env: {}, sensitive: [], ...form(port) }, signal) }
    }
    const echoes = async ({ unit, port }: { unit: Unit; port: number }): Promise<string> => {
      const { host, port: number } = await unit.endpoint(port, 'host')
      for (let n = 0; ; n++) {
        const answer = await exchange(host, number, 'ping')
        if (answer === 'ping' || n > 200) return answer
        await sleep(20)
      }
    }

    beforeEach(async () => {
      before = await leftovers()
      abort = new AbortController()
      journal = []
      phases = []
      session = await open()
    })
    afterEach(async () => {
      await session.close()
      // An owner's end takes what it owns along a moment later, where the engine does it.
      if (remains) await expect.poll(leftovers, { timeout: GONE, interval: 50 }).toEqual(before)
      else expect(await leftovers()).toEqual(before)
    })
    let first: readonly string[] | undefined
    beforeAll(async () => {
      // What others have left to the engine is not waited for.
      first = await leftovers()
    })
    afterAll(async () => {
      if (!remains) return
      for (const until = Date.now() + GONE; Date.now() < until && String(await remains()) !== String(first);)
        await sleep(100)
      expect(await remains()).toEqual(first)
    }, 2 * GONE)

    test('can be used here, and says so', async () => {
      expect(await provider.probe(abort.signal)).toMatchObject({ ok: true, detail: expect.stringMatching(/\w/) })
    })

    test('starts a service that this machine reaches, and journals before it creates', async () => {
      expect(await echoes(await start('a', units.echo))).toBe('ping')
      expect(phases).toContain('start')
      expect(journal.length).toBeGreaterThan(0)
    })

    test('siblings reach each other by the network address', async () => {
      const a = await start('a', units.echo)
      const b = await start('b', units.echo)
      await echoes(b)
      const { host, port } = await b.unit.endpoint(b.port, 'network')
      const result = await a.unit.exec?.(units.commands.connects(host, port), abort.signal)
      expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('ping') })
    })

    test('logs: from the first line, a long one, and one without an end; they end when the unit has', async () => {
      const { unit } = await start('a', () => units.talk)
      await unit.exited
      const lines = await collect(unit.logs({ follow: true }))
      expect(lines).toEqual(['out', 'x'.repeat(100_000), 'last'])
      expect(await collect(unit.logs({ tail: 1 }))).toEqual(['last'])
    })

    test('logs: followed while it runs, told apart, and let go by the signal', async () => {
      const { unit } = await start('a', units.echo)
      const stop = new AbortController()
      const seen: string[] = []
      for await (const { stream, text } of unit.logs({ follow: true, signal: stop.signal })) {
        seen.push(`${units.toldApart ? stream : '-'} ${text}`)
        if (seen.length === 2) stop.abort()
      }
      expect(seen.toSorted()).toEqual(
        units.toldApart ? ['stderr warned', 'stdout listening'] : ['- listening', '- warned'],
      )
    })

    test('exec: code, stdout and stderr; a failure; a command that is not there', async () => {
      const { unit } = await start('a', units.echo)
      expect(await unit.exec?.(units.commands.succeeds, abort.signal)).toEqual({
        code: 0,
        stdout: 'to out\n',
        stderr: 'to err\n',
      })
      expect(await unit.exec?.(units.commands.fails, abort.signal)).toMatchObject({ code: 7 })
      expect((await unit.exec?.(units.commands.absent, abort.signal))?.code).toBeGreaterThanOrEqual(126)
    })

    test('a crash at once is seen in time, with its code and its last lines', async () => {
      const { unit } = await start('a', () => units.crash)
      const since = Date.now()
      expect(await unit.exited).toMatchObject({ reason: 'exited', code: 3 })
      expect(Date.now() - since).toBeLessThan(exitWithin)
      expect(await collect(unit.logs({}))).toEqual(['broken'])
    })

    test('the end of one service leaves a sibling alone, even one whose name begins with its name', async () => {
      const sibling = await start('ab', units.echo)
      await echoes(sibling)
      const { unit } = await start('a', () => units.crash)
      await unit.exited
      await sleep(500)
      expect(await echoes(sibling)).toBe('ping')
    })

    test('a unit that is killed tells the signal', async () => {
      const { unit } = await start('a', units.echo)
      await kill(run.id, 'a')
      expect(await unit.exited).toMatchObject({ reason: 'exited', signal: 'SIGKILL' })
    })

    test('an image or a program that does not exist is named, with the config key', async () => {
      const error = await start('a', () => units.missing).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      expect(isMoorageError(error) && error.code).toBe(units.missing.code)
      expect((error as Error).message).toMatch(units.missing.text)
      // One failure does not spoil the session.
      expect(await echoes(await start('b', units.echo))).toBe('ping')
    })

    test('a port that never opens: it starts, does not answer, and stops', async () => {
      const { unit, port } = await start('a', () => units.mute)
      const { host, port: number } = await unit.endpoint(port, 'host')
      expect(await exchange(host, number, 'ping')).not.toBe('ping')
      await unit.stop()
    })

    test('stop twice, after the end, and close twice', async () => {
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
      const starting = start('a', units.echo).catch(() => {})
      await sleep(30)
      abort.abort(new RangeError('closing'))
      await session.close()
      await starting
    })

    test('a server on this machine: services reach it by the address given, nobody does by another, and it ends with the session', async () => {
      const problem = await provider.hostAccess?.()
      // A provider without the way says so: before anything exists.
      if (problem || !session.expose)
        return expect(problem).toMatchObject({ reason: expect.stringMatching(/\w/), fix: expect.stringMatching(/\w/) })
      const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port: own } = server.address() as AddressInfo
      try {
        const a = await start('a', units.echo)
        const { host, port } = await session.expose(own)
        expect(await session.expose(own)).toEqual({ host, port })
        const result = await a.unit.exec?.(units.commands.connects(host, port), abort.signal)
        expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('ping') })
        const others = Object.values(networkInterfaces())
          .flatMap((all) => all ?? [])
          .filter(({ address, scopeid }) => address !== host && !scopeid)
        for (const { address } of others) expect(await exchange(address, port, 'ping'), address).toBe('refused')
        await session.close()
        if (port !== own) expect(await exchange(host, port, 'ping')).not.toBe('ping')
      } finally {
        server.close()
      }
    })

    test('stopped, and started again in the same session', async () => {
      const first = await start('a', units.echo)
      await echoes(first)
      await first.unit.stop()
      const second = await start('a', units.echo)
      expect(await echoes(second)).toBe('ping')
    })

    test('20 services at once', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `s${i}`)
      const all = await Promise.all(names.map((key) => start(key, units.echo)))
      expect(await Promise.all(all.map(echoes))).toEqual(names.map(() => 'ping'))
    })

    test("reap: a dead owner's leftovers go, a living owner's stay", async () => {
      const living = await start('alive', units.echo)
      await echoes(living)
      const [mine, own] = [session, run]
      const dead = { ...currentOwner(), started: 1 }
      const entries = journal.length
      session = await open(dead)
      const orphan = await start('orphan', units.echo)
      await echoes(orphan)
      const journals = [{ run: run.id, owner: dead, entries: journal.slice(entries).map(({ entry }) => entry) }]
      const scope = { journals, alive: (owner: Owner): boolean => owner.started !== 1 }
      const told = await provider.reap?.({ ...scope, dry: true }, abort.signal)
      expect(await echoes(orphan)).toBe('ping')
      const reaped = await provider.reap?.(scope, abort.signal)
      expect(told).toEqual(reaped)
      expect(reaped?.length).toBeGreaterThan(0)
      expect(new Set(reaped?.map((item) => item.run))).toEqual(new Set([run.id]))
      expect(await echoes(living)).toBe('ping')
      expect(own.id).not.toBe(run.id)
      await session.close()
      session = mine
    })
  })
}
