import { messageOf } from '../contract/errors.ts'
import { endpointOf } from './dial.ts'
import { ATTEMPT_TIMEOUT_MS, type ProbeAttempt } from './probe-attempt.ts'

interface HttpProbe {
  readonly kind: 'http'
  readonly port?: string
  readonly path?: string
  readonly status?: readonly number[]
}

/** Holds when a GET is answered with one of the expected statuses; by default with any from 200 to 399. */
export const http: ProbeAttempt<HttpProbe> = async ({ port, path = '/', status }, waiting) => {
  const { host, port: number } = await endpointOf(waiting, port)
  // An import of node:http costs 26 ms, this 3 ms.
  const { request } = process.getBuiltinModule('node:http')
  const url = `http://${host}:${number}${path}`
  return await new Promise((done) => {
    // Without an agent nothing is kept alive that a later try, or the server's end, would trip over.
    const call = request(url, { agent: false, timeout: ATTEMPT_TIMEOUT_MS, signal: waiting.signal }, (response) => {
      response.destroy()
      const code = response.statusCode ?? 0
      const good = status ? status.includes(code) : code >= 200 && code < 400
      done(good ? undefined : `${url} answered ${code}`)
    })
    call.on('timeout', () => call.destroy(new RangeError(`no answer within ${ATTEMPT_TIMEOUT_MS / 1000} s`)))
    call.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? `connection refused by ${host}:${number}` : `${url}: ${messageOf(error)}`),
    )
    call.end()
  })
}
