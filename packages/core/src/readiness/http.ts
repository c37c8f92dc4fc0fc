import { bracketed } from '../config/parse-service-url.ts'
import { messageOf } from '../contract/errors.ts'
import { endpointOf } from './dial.ts'
import { ATTEMPT_TIMEOUT_MS, type ProbeAttempt } from './probe-attempt.ts'

interface HttpProbe {
  readonly kind: 'http'
  readonly port?: string
  readonly path?: string
  readonly status?: readonly number[]
}

/**
 * Succeeds when a GET is answered with one of the expected statuses; by default with any from 200 to 399, and
 * with 401 and 403, by which a server that requires a login shows that it works.
 */
export const http: ProbeAttempt<HttpProbe> = async ({ port, path = '/', status }, context) => {
  const { host, port: number } = await endpointOf(context, port)
  const timeout = context.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS
  // Importing node:http takes 26 ms, this call 3 ms.
  const { request } = process.getBuiltinModule('node:http')
  const url = `http://${bracketed(host)}:${number}${path}`
  return await new Promise((done) => {
    // Without an agent no connection is kept alive that could affect a later attempt or the end of the server.
    const outgoing = request(url, { agent: false, timeout, signal: context.signal }, (response) => {
      response.destroy()
      const code = response.statusCode ?? 0
      const expected = status ? status.includes(code) : (code >= 200 && code < 400) || code === 401 || code === 403
      done(expected ? undefined : `${url} answered ${code}`)
    })
    outgoing.on('timeout', () => outgoing.destroy(new RangeError(`no answer within ${timeout / 1000} s`)))
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      done(
        error.code === 'ECONNREFUSED'
          ? `connection refused by ${bracketed(host)}:${number}`
          : `${url}: ${messageOf(error)}`,
      ),
    )
    outgoing.end()
  })
}
