import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type Endpoint } from '@moorage/core'

/** A connection that Ryuk takes for the run's life. */
export interface RyukConnection {
  close(): void
}

export interface Registration {
  address(): Promise<Endpoint>
  /** What Ryuk removes when the connection is gone. */
  readonly filter: string
  /** It is gone, and cannot be had again. */
  lost(at: Endpoint): void
}

// Milliseconds between two tries.
const PAUSE = 25
// Milliseconds of silence before a sign of life, lest something in between forgets the connection.
const KEEP_ALIVE = 15_000
// Milliseconds for which Ryuk waits for one to come back.
const RECONNECTION = 10_000

/** Gives it when Ryuk has acknowledged the filter; one that breaks off is made again. */
export async function connectToRyuk(
  { address, filter, lost }: Registration,
  signal: AbortSignal,
): Promise<RyukConnection> {
  const over = new AbortController()
  let socket = await register(address, filter, signal)
  const at = await address()
  const watch = (): void => void socket.once('close', () => (over.signal.aborted ? undefined : again()))
  const again = async (): Promise<void> => {
    try {
      socket = await register(
        () => Promise.resolve(at),
        filter,
        AbortSignal.any([over.signal, AbortSignal.timeout(RECONNECTION)]),
      )
      watch()
    } catch {
      if (!over.signal.aborted) lost(at)
    }
  }
  watch()
  return {
    close() {
      over.abort()
      socket.destroy()
    },
  }
}

async function register(address: () => Promise<Endpoint>, filter: string, signal: AbortSignal): Promise<Socket> {
  for (let why = ''; ; await sleep(PAUSE)) {
    if (signal.aborted)
      throw timeIsOver(signal) ? new RangeError(`it did not acknowledge in time${why}`) : signal.reason
    try {
      return await greet(connect(await address()), filter, signal)
    } catch (error) {
      if (!signal.aborted) why = ` (${messageOf(error)})`
    }
  }
}

function timeIsOver({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** A port that is published answers before anybody listens behind it: only the acknowledgement counts. */
function greet(socket: Socket, filter: string, signal: AbortSignal): Promise<Socket> {
  const stop = (): void => void socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  socket.setKeepAlive(true, KEEP_ALIVE).write(`${filter}\n`)
  const acknowledged = new Promise<Socket>((done, fail) => {
    socket.once('data', () => done(socket.unref()))
    socket.on('error', fail).once('close', () => fail(new RangeError('the connection was closed')))
  })
  return acknowledged.finally(() => signal.removeEventListener('abort', stop))
}
