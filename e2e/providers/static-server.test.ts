import { randomBytes } from 'node:crypto'
import { request, type IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, providers } from '../harness/engine.ts'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'
import { config, openProject, type Project } from '../cli/project.ts'
import type { Spawned } from '../../test/inventory/world.ts'

const BIG = randomBytes(2_500_000).toString('hex')
const LONG = 'a line of text that repeats itself\n'.repeat(100)

const site = {
  'site/index.html': '<h1>home</h1>',
  'site/docs/index.html': '<h1>docs</h1>',
  'site/docs/deep/er/note.txt': 'deep',
  'site/empty-folder/only.txt': 'only',
  'site/app.js': 'let a',
  'site/module.mjs': 'let m',
  'site/data.json': '{}',
  'site/style.css': 'a{}',
  'site/code.wasm': '\0asm',
  'site/icon.svg': '<svg/>',
  'site/font.woff2': 'wOF2',
  'site/LICENSE': 'MIT',
  'site/a name é.txt': 'spaces',
  'site/.well-known/check.txt': 'dots',
  'site/long.txt': LONG,
  'site/big.bin': BIG,
  'site/empty.txt': '',
  'secret.txt': 'outside',
}
const services = [
  "plain: staticServer({ root: 'site' })",
  "app: staticServer({ root: 'site', spa: true, base: '/app/', cors: true })",
  "raw: staticServer({ root: 'site', compress: false })",
].join(', ')

interface Row {
  /** `plain`, `app` or `raw`, the method where it is not GET, and the path as it is sent. */
  readonly ask: string
  readonly send?: { readonly [header: string]: string }
  readonly status: number
  /** Undefined: the header is not there. */
  readonly headers?: { readonly [header: string]: string | undefined }
  readonly body?: string
}

const gzip = { 'accept-encoding': 'gzip, br' }
const type = (value: string): Row['headers'] => ({ 'content-type': value })
const missed: Pick<Row, 'status' | 'headers' | 'body'> = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: 'Not found\n',
}

const rows: readonly Row[] = [
  {
    ask: 'plain /',
    status: 200,
    body: '<h1>home</h1>',
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      etag: undefined,
      'last-modified': undefined,
      'access-control-allow-origin': undefined,
    },
  },
  { ask: 'plain /?a=b', status: 200, body: '<h1>home</h1>' },
  { ask: 'plain /docs/', status: 200, body: '<h1>docs</h1>' },
  { ask: 'plain /docs', status: 301, headers: { location: '/docs/' } },
  { ask: 'plain /docs?a=b', status: 301, headers: { location: '/docs/?a=b' } },
  { ask: 'plain /docs/deep/er/note.txt', status: 200, body: 'deep', headers: type('text/plain; charset=utf-8') },
  { ask: 'plain //docs/./deep/../', status: 200, body: '<h1>docs</h1>' },
  { ask: 'plain /docs/deep/', ...missed },
  { ask: 'plain /index.html/', ...missed },
  { ask: 'plain /unknown', ...missed },
  { ask: 'plain /unknown.js', ...missed },
  { ask: 'plain /app.js', status: 200, headers: type('text/javascript; charset=utf-8') },
  { ask: 'plain /module.mjs', status: 200, headers: type('text/javascript; charset=utf-8') },
  { ask: 'plain /style.css', status: 200, headers: type('text/css; charset=utf-8') },
  { ask: 'plain /data.json', status: 200, headers: type('application/json') },
  { ask: 'plain /code.wasm', status: 200, headers: type('application/wasm') },
  { ask: 'plain /icon.svg', status: 200, headers: type('image/svg+xml') },
  { ask: 'plain /font.woff2', status: 200, headers: type('font/woff2') },
  { ask: 'plain /LICENSE', status: 200, headers: type('application/octet-stream') },
  { ask: 'plain /a%20name%20%C3%A9.txt', status: 200, body: 'spaces' },
  { ask: 'plain /.well-known/check.txt', status: 200, body: 'dots' },
  { ask: 'plain /empty.txt', status: 200, body: '', headers: { 'content-length': '0' } },
  {
    ask: 'plain HEAD /long.txt',
    send: gzip,
    status: 200,
    body: '',
    headers: { 'content-encoding': 'gzip', 'content-length': undefined, 'content-type': 'text/plain; charset=utf-8' },
  },
  {
    ask: 'plain HEAD /long.txt',
    status: 200,
    body: '',
    headers: { 'content-length': String(LONG.length), 'content-encoding': undefined },
  },
  { ask: 'plain HEAD /unknown', status: 404, body: '' },
  { ask: 'plain POST /', status: 405 },
  { ask: 'plain OPTIONS /', status: 405 },
  {
    ask: 'plain /long.txt',
    send: gzip,
    status: 200,
    body: LONG,
    headers: { 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'cache-control': 'no-store' },
  },
  {
    ask: 'plain /long.txt',
    status: 200,
    body: LONG,
    headers: { 'content-encoding': undefined, vary: 'Accept-Encoding', 'content-length': String(LONG.length) },
  },
  {
    ask: 'plain /long.txt',
    send: { 'accept-encoding': 'gzip;q=0' },
    status: 200,
    body: LONG,
    headers: { 'content-encoding': undefined },
  },
  { ask: 'plain /app.js', send: gzip, status: 200, body: 'let a', headers: { 'content-encoding': undefined } },
  {
    ask: 'raw /long.txt',
    send: gzip,
    status: 200,
    body: LONG,
    headers: { 'content-encoding': undefined, vary: undefined },
  },
  {
    ask: 'plain /big.bin',
    send: gzip,
    status: 200,
    body: BIG,
    headers: { 'content-length': String(BIG.length), 'content-encoding': undefined },
  },
  {
    ask: 'plain /big.bin',
    send: { range: 'bytes=10-19' },
    status: 206,
    body: BIG.slice(10, 20),
    headers: { 'content-range': `bytes 10-19/${BIG.length}` },
  },
  { ask: 'plain /big.bin', send: { range: 'bytes=-5' }, status: 206, body: BIG.slice(-5) },
  { ask: 'plain /LICENSE', send: { range: 'bytes=7-' }, status: 416, headers: { 'content-range': 'bytes */3' } },
  { ask: 'plain /../secret.txt', status: 400 },
  { ask: 'plain /docs/../../secret.txt', status: 400 },
  { ask: 'plain /%2e%2e/secret.txt', status: 400 },
  { ask: 'plain /..%2fsecret.txt', status: 400 },
  { ask: 'plain /a%00b', status: 400 },
  { ask: 'plain /%zz', status: 400 },
  { ask: 'app /app/', status: 200, body: '<h1>home</h1>', headers: { 'access-control-allow-origin': '*' } },
  { ask: 'app /app', status: 301, headers: { location: '/app/' } },
  { ask: 'app /app/style.css', status: 200 },
  {
    ask: 'app /app/users/7',
    status: 200,
    body: '<h1>home</h1>',
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  },
  { ask: 'app HEAD /app/users/7', status: 200, body: '', headers: type('text/html; charset=utf-8') },
  { ask: 'app /app/v1.2/users', status: 200, body: '<h1>home</h1>' },
  { ask: 'app /app/empty-folder/', status: 200, body: '<h1>home</h1>' },
  { ask: 'app /app/chunk-4f2.js', ...missed },
  { ask: 'app /app/users/logo.png', ...missed, headers: { ...missed.headers, 'access-control-allow-origin': '*' } },
  { ask: 'app /', ...missed },
  { ask: 'app /other', ...missed },
  {
    ask: 'app OPTIONS /app/data.json',
    send: { origin: 'http://elsewhere', 'access-control-request-method': 'GET' },
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': '*',
    },
  },
]

describe.each(providers())('a static site on %s', (provider) => {
  const absent = missing(provider)
  let project: Project
  let stage: Stage
  let child: Spawned
  const urls: { [service: string]: string } = {}

  beforeAll(async () => {
    if (absent) return
    project = openProject({ ...site, 'moorage.config.ts': config(services) })
    stage = await openStage(project.folder, provider)
    child = await stage.start(
      moorage(
        project.folder,
        'exec',
        '--',
        'sh',
        '-c',
        'echo "AT plain $PLAIN_URL"; echo "AT app $APP_URL"; echo "AT raw $RAW_URL"; exec sleep 300',
      ),
    )
    await until('the three sites', () => child.output().includes('AT raw'))
    for (const [, name, url] of child.output().matchAll(/^AT (\w+) (\S+)$/gm)) urls[name as string] = url as string
  })
  afterAll(async () => {
    if (absent) return
    child.kill('SIGTERM')
    await child.ended
    await stage.clean(5_000)
    await stage[Symbol.asyncDispose]()
    project[Symbol.dispose]()
  })

  test('its URL is where it begins', ({ skip }) => {
    if (absent) skip(absent)
    expect(urls).toMatchObject({
      plain: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      app: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/app\/$/) as string,
    })
  })

  test.for(
    rows.map((row) => ({
      ...row,
      title: [row.ask, ...Object.entries(row.send ?? {}).map((pair) => pair.join(': '))].join(', '),
    })),
  )('$title: $status', async ({ ask, send, status, headers = {}, body }, { skip }) => {
    if (absent) skip(absent)
    const [name = '', ...rest] = ask.split(' ')
    const [path = '', method = 'GET'] = rest.toReversed()
    const answer = await get(urls[name] ?? '', { method, path, headers: send ?? {} })
    expect(answer.status).toBe(status)
    for (const [header, value] of Object.entries(headers)) expect(answer.headers[header], header).toBe(value)
    if (body !== undefined) expect(answer.body === body || answer.body.slice(0, 200)).toBe(true)
  })
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The path goes out as it is: a URL would lose its dots. */
function get(
  url: string,
  asking: { readonly method: string; readonly path: string; readonly headers: { readonly [header: string]: string } },
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((done, fail) => {
    const sent = request({ ...asking, hostname, port, agent: false }, (response) => {
      const parts: Buffer[] = []
      response
        .on('data', (part: Buffer) => parts.push(part))
        .on('error', fail)
        .once('end', () => {
          const whole = Buffer.concat(parts)
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: String(whole.length && response.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole),
          })
        })
    })
    sent.once('error', fail).end()
  })
}
