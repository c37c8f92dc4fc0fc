import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpProbe, Probe } from '@moorage/core'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { http } from '../../../packages/core/src/readiness/http.ts'
import { log } from '../../../packages/core/src/readiness/log.ts'
import type { ReadinessContext } from '../../../packages/core/src/readiness/probe-attempt.ts'
import { CERTIFICATE, KEY } from './certificate.ts'

/** Answers with what it was asked; `/long` with a body that never ends. */
const answer: RequestListener = (request, response) => {
  if (request.url === '/long') {
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
    }
    response.on('drain', write)
    return write()
  }
  void readBody(request).then((body) => {
    response.end(`${request.method} ${request.url} ${request.headers['x-token'] ?? ''} ${body}`)
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}

const servers = { plain: createServer(answer), tls: createTlsServer({ cert: CERTIFICATE, key: KEY }, answer) }
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}
const ports = { plain: 0, tls: 0 }
beforeAll(async () => {
  ports.plain = await listen(servers.plain)
  ports.tls = await listen(servers.tls)
})
afterAll(() => Object.values(servers).forEach((server) => server.close()))

function context(lines: readonly string[] = []): ReadinessContext & { readonly reasons: string[] } {
  const reasons: string[] = []
  return {
    service: 'api',
    unit: {
      endpoint: (port) => Promise.resolve({ host: '127.0.0.1', port }),
      async *logs() {
        for (const text of lines) yield { stream: 'stdout', text }
      },
      exited: new Promise<never>(() => {}),
      stop: () => Promise.resolve(),
    },
    probes: [] as Probe[],
    ports,
    signal: AbortSignal.timeout(5_000),
    clock: monotonicClock,
    onAttempt: (reason) => void reasons.push(reason),
    reasons,
  }
}

const attempt = (probe: Partial<HttpProbe>): Promise<string | undefined> => http({ kind: 'http', ...probe }, context())

describe('http', () => {
  test('method, headers and body are sent', async () => {
    const sent = { method: 'POST', path: '/x', headers: { 'x-token': 'secret' }, body: 'text' }
    expect(await attempt({ ...sent, contains: 'POST /x secret text' })).toBeUndefined()
    expect(await attempt({ ...sent, matches: '^POST .* text$' })).toBeUndefined()
  })

  test('a body that is not as expected is reported with the status', async () => {
    const url = `http://127.0.0.1:${ports.plain}/`
    expect(await attempt({ contains: 'ready' })).toBe(`${url} answered 200 without "ready"`)
    expect(await attempt({ matches: '^ready' })).toBe(`${url} answered 200, and the body does not match /^ready/`)
    expect(await attempt({ contains: 'GET', status: [204] })).toBe(`${url} answered 200`)
  })

  test('of a body without an end, the first MiB counts', async () => {
    expect(await attempt({ path: '/long', contains: 'y' })).toMatch(/answered 200 without "y"$/)
  })

  test('tls: the certificate has to be trusted, and to have the name', async () => {
    const url = `https://127.0.0.1:${ports.tls}/`
    const tls = { port: 'tls', contains: 'GET / ' }
    expect(await attempt({ ...tls, tls: true })).toContain(`${url}: self-signed certificate`)
    expect(await attempt({ ...tls, tls: { insecure: true } })).toBeUndefined()
    expect(await attempt({ ...tls, tls: { ca: CERTIFICATE } })).toMatch(/IP: 127\.0\.0\.1 is not in the cert's list/)
    expect(await attempt({ ...tls, tls: { ca: CERTIFICATE, serverName: 'api' } })).toBeUndefined()
    expect(await attempt({ port: 'plain', tls: true })).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/: .*wrong version number/)
  })
})

describe('log', () => {
  const lines = ['ready to accept', 'init done', 'ready to accept', 'init done', 'starting']

  test('since: only lines after the last one that matches count', async () => {
    const probe = { kind: 'log', pattern: 'ready', since: 'init done' } as const
    expect(await log(probe, context(lines.slice(0, 3)))).toBeUndefined()
    const started = context(lines.slice(0, 2))
    expect(await log(probe, started)).toBe('/ready/ matched 0 of 1 lines in its log since /init done/')
    expect(started.reasons).toEqual([
      'no line of its log matched /init done/',
      '/ready/ matched 0 of 1 lines in its log since /init done/',
    ])
    expect(await log({ ...probe, times: 2 }, context(lines))).toBe(
      '/ready/ matched 0 of 2 lines in its log since /init done/',
    )
  })

  test('since: without a line that matches, none counts', async () => {
    const probe = { kind: 'log', pattern: 'ready', since: 'absent' } as const
    expect(await log(probe, context(lines))).toBe('no line of its log matched /absent/')
  })
})
