import { isTemplate } from '../config/find-templates.ts'
import type { Bytes, ExchangeProbe, Template } from '../contract/service.ts'
import { dial, endpointOf } from './dial.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

// Longer than the greeting of any protocol.
const MAX_ANSWER_BYTES = 64 * 1024

const MAX_EXCERPT_BYTES = 60

/** Succeeds when the service answers with the expected bytes, which proves more than an open port. */
export const exchange: ProbeAttempt<ExchangeProbe> = async (
  { port, send, expect, at = 'start', farewell },
  context,
) => {
  const expected = bytesOf(expect)
  const endpoint = await endpointOf(context, port)
  return await dial(endpoint, context, (socket, done) => {
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (at === 'start' ? startsWith(received, expected) : received.includes(expected))
        return done(
          undefined,
          farewell && startsWith(received, bytesOf(farewell.after)) ? bytesOf(farewell.send) : undefined,
        )
      const mismatch =
        at === 'start' && !expected.subarray(0, received.length).equals(received.subarray(0, expected.length))
      if (mismatch || received.length > MAX_ANSWER_BYTES)
        done(`${endpoint.host}:${endpoint.port} answered ${excerpt(received)}`)
    })
    socket.once('end', () =>
      done(
        received.length
          ? `${endpoint.host}:${endpoint.port} answered ${excerpt(received)}`
          : `${endpoint.host}:${endpoint.port} closed the connection`,
      ),
    )
    if (send) socket.write(bytesOf(send))
  })
}

function startsWith(bytes: Buffer, expected: Buffer): boolean {
  return bytes.subarray(0, expected.length).equals(expected)
}

function bytesOf(bytes: Bytes | Template): Buffer {
  if (isTemplate(bytes)) return Buffer.from(String(bytes))
  return 'hex' in bytes ? Buffer.from(bytes.hex, 'hex') : Buffer.from(String(bytes.text))
}

function excerpt(bytes: Buffer): string {
  return JSON.stringify(
    bytes
      .subarray(0, MAX_EXCERPT_BYTES)
      .toString('latin1')
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim(),
  )
}
