import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { debugLog, messageOf, type Endpoint } from '@moorage/core/provider'

/** Ryuk keeps the run's objects for as long as this connection is open. */
export interface RyukConnection {
  close(): void
}

export interface RyukRegistration {
  resolveAddress(): Promise<Endpoint>
  /** Names the objects that Ryuk removes when the connection is gone. */
  readonly filter: string
  /** Called when the connection broke and could not be restored. */
  onLost(): void
}

const RETRY_INTERVAL_MS = 25
// A network device in between may drop a connection that stays silent for longer.
const KEEP_ALIVE_MS = 15_000
// Source: Ryuk, RYUK_RECONNECTION_TIMEOUT: it waits that long for a client to come back.
const RECONNECT_TIMEOUT_MS = 10_000

/** Resolves when Ryuk has acknowledged the filter. A connection that breaks later is restored. */
export async function connectToRyuk(
  { resolveAddress, filter, onLost }: RyukRegistration,
  signal: AbortSignal,
): Promise<RyukConnection> {
  const closing = new AbortController()
  let socket = await registerWithRetries(resolveAddress, filter, signal)
  const address = await resolveAddress()
  const reconnect = async (): Promise<void> => {
    try {
      socket = await registerWithRetries(
        () => Promise.resolve(address),
        filter,
        AbortSignal.any([closing.signal, AbortSignal.timeout(RECONNECT_TIMEOUT_MS)]),
      )
      reconnectOnClose()
    } catch {
      if (!closing.signal.aborted) onLost()
    }
  }
  const reconnectOnClose = (): void =>
    void socket.once('close', () => (closing.signal.aborted ? undefined : reconnect()))
  reconnectOnClose()
  return {
    close() {
      closing.abort()
      socket.destroy()
    },
  }
}

async function registerWithRetries(
  resolveAddress: () => Promise<Endpoint>,
  filter: string,
  signal: AbortSignal,
): Promise<Socket> {
  for (let lastFailure = ''; ; await sleep(RETRY_INTERVAL_MS)) {
    if (signal.aborted)
      throw isTimeout(signal) ? new RangeError(`it did not acknowledge in time${lastFailure}`) : signal.reason
    try {
      const socket = await register(connect(await resolveAddress()), filter, signal)
      debugLog('docker')?.('ryuk acknowledged', { filter })
      return socket
    } catch (error) {
      if (!signal.aborted) lastFailure = ` (${messageOf(error)})`
    }
  }
}

function isTimeout({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Waits for the acknowledgement: a published port accepts connections before Ryuk listens behind it. */
function register(socket: Socket, filter: string, signal: AbortSignal): Promise<Socket> {
  const onAbort = (): void => void socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.setKeepAlive(true, KEEP_ALIVE_MS).write(`${filter}\n`)
  const acknowledged = new Promise<Socket>((resolve, reject) => {
    socket.once('data', () => resolve(socket.unref()))
    socket.on('error', reject).once('close', () => reject(new RangeError('the connection was closed')))
  })
  return acknowledged.finally(() => signal.removeEventListener('abort', onAbort))
}
