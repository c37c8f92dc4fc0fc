import type { Bytes, ExchangeProbe } from '../contract/service.ts'
import { dial, endpointOf } from './dial.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

// More than any greeting: what comes after it cannot be the answer.
const MAX_ANSWER_BYTES = 64 * 1024

/** Holds when the peer answers the bytes sent with the bytes expected: the protocol's own word, not an open port. */
export const exchange: ProbeAttempt<ExchangeProbe> = async ({ port, send, expect, at = 'start' }, waiting) => {
  const wanted = bytesOf(expect)
  const endpoint = await endpointOf(waiting, port)
  return await dial(endpoint, waiting.signal, (socket, done) => {
    let got = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk])
      if (at === 'start' ? got.subarray(0, wanted.length).equals(wanted) : got.includes(wanted)) return done(undefined)
      const hopeless = at === 'start' && !wanted.subarray(0, got.length).equals(got.subarray(0, wanted.length))
      if (hopeless || got.length > MAX_ANSWER_BYTES) done(`${endpoint.host}:${endpoint.port} answered ${excerpt(got)}`)
    })
    socket.once('end', () =>
      done(
        got.length
          ? `${endpoint.host}:${endpoint.port} answered ${excerpt(got)}`
          : `${endpoint.host}:${endpoint.port} closed the connection`,
      ),
    )
    if (send) socket.write(bytesOf(send))
  })
}

function bytesOf(bytes: Bytes): Buffer {
  return 'hex' in bytes ? Buffer.from(bytes.hex, 'hex') : Buffer.from(String(bytes.text))
}

function excerpt(bytes: Buffer): string {
  return JSON.stringify(
    bytes
      .subarray(0, 60)
      .toString('latin1')
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim(),
  )
}
