import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import { COMPRESSED_FROM, contentTypeOf } from '../content-types.ts'
import type { Serving } from '../nginx-config.ts'

/** A folder on this disk, looked at anew by every request. */
export interface Site extends Serving {
  readonly root: string
}

/** Answers as nginx does with our configuration: `e2e/providers/static-server.test.ts` holds both to one table. */
export function siteHandler(site: Site): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.setHeader('Cache-Control', 'no-store')
    if (site.cors) {
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS')
      response.setHeader('Access-Control-Allow-Headers', '*')
      if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
    answer(site, request, response).catch(() => void response.destroy())
  }
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [raw = '', query] = (request.url ?? '').split('?', 2)
  const path = plainPath(raw)
  if (path === undefined) return void response.writeHead(400).end()
  const moved = (to: string): void => void response.writeHead(301, { Location: `${encodeURI(to)}${query === undefined ? '' : `?${query}`}` }).end()
  if (`${path}/` === site.base) return moved(site.base)
  const found = path.startsWith(site.base) ? await find(site, path) : undefined
  if (found === 'folder') return moved(`${path}/`)
  const file = found ?? (await fallback(site, path))
  if (file) return send(file, { request, response, compress: site.compress })
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end(request.method === 'HEAD' ? undefined : 'Not found\n')
}

/** Decoded and without dots; undefined for what leads above the root, or is no path. */
function plainPath(raw: string): string | undefined {
  try {
    const path = decodeURIComponent(raw)
    // A leading slash would hide how far up it goes.
    const plain = posix.normalize(path.replace(/^\/+/, ''))
    if (!path.startsWith('/') || path.includes('\0') || /^\.\.(\/|$)/.test(plain)) return undefined
    return plain === '.' || plain === './' ? '/' : `/${plain}`
  } catch {
    return undefined
  }
}

interface Found {
  readonly path: string
  readonly stats: Stats
}

async function find({ root, base }: Serving & Site, path: string): Promise<Found | 'folder' | undefined> {
  const at = join(root, path.slice(base.length))
  const stats = await look(at)
  if (stats?.isDirectory()) return path.endsWith('/') ? await fileAt(join(at, 'index.html')) : 'folder'
  return path.endsWith('/') ? undefined : await fileAt(at)
}

/** A path whose last part has an extension is an asset: its absence is to be seen. */
async function fallback({ root, base, spa }: Site, path: string): Promise<Found | undefined> {
  return spa && path.startsWith(base) && !/\.\w+$/.test(path) ? await fileAt(join(root, 'index.html')) : undefined
}

async function fileAt(path: string): Promise<Found | undefined> {
  const stats = await look(path)
  return stats?.isFile() ? { path, stats } : undefined
}

async function look(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined)
}

interface Sending {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly compress: boolean
}

function send({ path, stats: { size } }: Found, { request, response, compress }: Sending): void {
  const { type, compressible } = contentTypeOf(path)
  response.setHeader('Content-Type', type)
  const head = request.method === 'HEAD'
  if (compress && compressible && size >= COMPRESSED_FROM) {
    response.setHeader('Vary', 'Accept-Encoding')
    if (takesGzip(request.headers['accept-encoding'])) {
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      if (head) return void response.end()
      return void pipeline(createReadStream(path), createGzip({ level: constants.Z_BEST_SPEED }), response, () => {})
    }
  }
  const range = rangeOf(request.headers.range, size)
  if (range === 'beyond') return void response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end()
  const { start, end } = range ?? { start: 0, end: size - 1 }
  response.writeHead(range ? 206 : 200, {
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
  })
  if (head || size === 0) return void response.end()
  pipeline(createReadStream(path, { start, end }), response, () => {})
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(accepted ?? ''))
}

/** One range; anything else is answered with the whole. */
function rangeOf(header: string | undefined, size: number): { readonly start: number; readonly end: number } | 'beyond' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (start >= size) return 'beyond'
  return start > end ? undefined : { start, end }
}
