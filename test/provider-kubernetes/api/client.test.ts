import { afterEach, describe, expect, test } from 'vitest'
import { sendJson, startStandIn, type StandIn, type StandInOptions } from '../api-stand-in.ts'
import { thrownMessage } from '../../thrown-error.ts'

let api: StandIn
const start = async (options: StandInOptions): Promise<StandIn> => (api = await startStandIn(options))
afterEach(() => api.close())
const signal = new AbortController().signal

describe('calls', () => {
  test.each([
    ['500 while etcd elects a leader', 500, { message: 'etcdserver: leader changed' }],
    ['502 of a gateway', 502, {}],
    ['504 of a gateway', 504, {}],
    ['503', 503, { details: { retryAfterSeconds: 0 } }],
    ['429', 429, { details: { retryAfterSeconds: 0 } }],
  ])('%s is tried again', async (_, status, body) => {
    let left = 2
    const { client, requests } = await start({
      answer: (_request, response) => sendJson(response, left-- > 0 ? status : 200, body),
    })
    expect(await client.call({ method: 'GET', path: '/version' })).toMatchObject({ status: 200 })
    expect(requests).toHaveLength(3)
  })

  test('500 of a webhook is final', async () => {
    const body = { message: 'Internal error occurred: failed calling webhook "w": timeout' }
    const { client, requests } = await start({ answer: (_, response) => sendJson(response, 500, body) })
    expect(await client.call({ method: 'POST', path: '/x', body: {} })).toMatchObject({ status: 500 })
    expect(requests).toHaveLength(1)
  })

  test('Retry-After is obeyed, unless it is later than the call may take', async () => {
    let left = 1
    const { client, requests } = await start({
      answer(_, response) {
        response.setHeader('Retry-After', left > 0 ? '1' : '60')
        sendJson(response, left-- > 0 ? 503 : 429, {})
      },
    })
    expect(await client.call({ method: 'GET', path: '/version' })).toMatchObject({ status: 429, retryAfterMs: 60_000 })
    const [first, second] = requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990)
    expect(requests).toHaveLength(2)
  })

  test('text is not damaged where a character is split between two chunks', async () => {
    const bytes = Buffer.from(JSON.stringify({ message: 'schön' }))
    const cut = bytes.indexOf(0xc3) + 1
    const { client } = await start({
      answer(_, response) {
        response.write(bytes.subarray(0, cut))
        setTimeout(() => response.end(bytes.subarray(cut)), 30)
      },
    })
    expect(await client.call({ method: 'GET', path: '/x' })).toMatchObject({ body: { message: 'schön' } })
  })
})

describe('streams', () => {
  test('an answer without headers is given up in time', async () => {
    const { client } = await start({ answer: () => {} })
    expect(await thrownMessage(() => client.stream({ path: '/watch', signal, headersTimeoutMs: 50 }))).toMatch(
      /^PROVIDER_LOST\nThe Kubernetes API at http:\/\/127\.0\.0\.1:\d+ does not answer: no answer within 0\.05 s\.\nCheck it with: kubectl cluster-info$/,
    )
  })

  test('the limit ends with the headers: a body may take any time', async () => {
    const { client } = await start({
      answer(_, response) {
        response.writeHead(200).flushHeaders()
        setTimeout(() => response.end('late'), 150)
      },
    })
    const body = await client.stream({ path: '/log', signal, headersTimeoutMs: 50 })
    expect((await body.toArray()).join('')).toBe('late')
  })

  test('credentials that have expired are renewed once', async () => {
    let left = 1
    const { client, refreshes } = await start({
      answer: (_, response) => sendJson(response, left-- > 0 ? 401 : 200, {}),
    })
    await client.stream({ path: '/log', signal })
    expect(refreshes()).toBe(1)
  })
})
