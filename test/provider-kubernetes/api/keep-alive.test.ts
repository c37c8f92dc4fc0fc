import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { keepWebSocketAlive } from '../../../packages/provider-kubernetes/src/api/keep-alive.ts'
import type { WebSocket } from '../../../packages/provider-kubernetes/src/vendor/websocket.ts'
import { startStandIn } from '../api-stand-in.ts'

const limits = { pingIntervalMs: 20, deadAfterMs: 100 }

async function open(autoPong: boolean): Promise<{ socket: WebSocket; pings: () => number; close(): Promise<void> }> {
  let pings = 0
  const api = await startStandIn({ autoPong, accept: (socket) => void socket.on('ping', () => pings++) })
  const socket = await api.client.openWebSocket('/exec', 'v4.channel.k8s.io')
  keepWebSocketAlive(socket, limits)
  await once(socket, 'open')
  return {
    socket,
    pings: () => pings,
    async close() {
      socket.terminate()
      await api.close()
    },
  }
}

test('an idle connection is pinged, and lives while pings are answered', async () => {
  const { socket, pings, close } = await open(true)
  await sleep(300)
  expect(socket.readyState).toBe(socket.OPEN)
  expect(pings()).toBeGreaterThan(3)
  await close()
})

test('a connection that leads nowhere is terminated', async () => {
  const { socket, close } = await open(false)
  const since = performance.now()
  await once(socket, 'close')
  expect(performance.now() - since).toBeLessThan(1_000)
  await close()
})

test('silence is no death while this side has paused, or while the pod may not read', async () => {
  const paused = await open(false)
  paused.socket.pause()
  const unread = await open(false)
  unread.socket.send(Buffer.alloc(256 * 1024))
  await sleep(300)
  expect(paused.socket.readyState).toBe(paused.socket.OPEN)
  expect(unread.socket.readyState).toBe(unread.socket.OPEN)
  paused.socket.resume()
  await Promise.all([paused.close(), unread.close()])
})

test('every WebSocket of a client is kept alive by TCP as well', async () => {
  const { socket, close } = await open(true)
  // The kernel tells a connection's timers in /proc/net/tcp: 02 is keep-alive. Linux only, as the test bed.
  const { localPort, remotePort } = (socket as unknown as { _socket: { localPort: number; remotePort: number } })
    ._socket
  const { readFileSync } = await import('node:fs')
  const address = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  // Both ends: an earlier connection of the same local port may still be in TIME_WAIT.
  const ends = `${address(localPort)} ${address(remotePort)}`
  const timer = (): string | undefined =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .find((row) => row.includes(ends))
      ?.trim()
      .split(/\s+/)[5]
      ?.split(':')[0]
  await expect.poll(timer).toBe('02')
  await close()
})
