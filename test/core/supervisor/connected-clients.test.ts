import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Channel } from '../../../packages/core/src/protocol/channel.ts'
import { ConnectedClients } from '../../../packages/core/src/supervisor/connected-clients.ts'

test('progress for a client that does not read is dropped beyond 1 MiB', async () => {
  const [stopped, other] = duplexPair()
  const clients = new ConnectedClients()
  clients.add(new Channel(other, {}))
  for (let n = 0; n < 100; n++) clients.broadcast({ kind: 'notice', text: 'x'.repeat(100_000) })
  let bytes = 0
  stopped.on('data', (chunk: Buffer) => void (bytes += chunk.length))
  for (let n = 0; n < 50; n++) await turn()
  expect(bytes).toBeGreaterThan(1_000_000)
  expect(bytes).toBeLessThan(1_300_000)
})
