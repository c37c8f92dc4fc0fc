import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { exchange } from './unit-io.ts'
import type { ContractCommands, ProviderSubject } from './provider-subject.ts'
import type { SessionUnderTest } from './session-under-test.ts'

/** The way from a unit to a port of this machine's loopback. */
export function testHostAccess(
  { provider, units }: ProviderSubject,
  commands: ContractCommands,
  current: () => SessionUnderTest,
): void {
  test('a server on this machine: services reach it by the given address and by no other, and the access ends with the session', async () => {
    const { start, session, abort } = current()
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
      const result = await a.unit.exec?.(commands.connects(host, port), abort.signal)
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
}
