import { createReadStream, type Stats } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { posix } from 'node:path'
import { pipeline } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import { MIN_COMPRESSED_BYTES, contentTypeOf } from './content-types.ts'
import type { SiteOptions } from './nginx-config.ts'
import { Negotiator, send } from '../vendor/send.ts'

/** A folder on this machine. Each request reads it again. */
export interface Site extends SiteOptions {
  readonly root: string
}

/** Answers like nginx with `nginxConfig`. `e2e/providers/static-server.test.ts` checks both against one table. */
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
    respond(site, request, response)
  }
}

function respond(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query] = (request.url ?? '').split('?', 2)
  const redirect = (location: string): void =>
    void response.writeHead(301, { Location: query === undefined ? location : `${location}?${query}` }).end()
  const notFound = (): void => {
    response
      .writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': NOT_FOUND_TEXT.length })
      .end(NOT_FOUND_TEXT)
  }
  const serve = (file: string, whenMissing: () => void): void => {
    const sending = send(request, file, {
      root: site.root,
      dotfiles: 'allow',
      cacheControl: false,
      etag: false,
      lastModified: false,
    })
    sending.on('directory', () => redirect(posix.join(path, '/')))
    sending.on('error', ({ status }: { readonly status: number }) => {
      if (response.headersSent) response.destroy()
      else if (status === 404 || status === 500) whenMissing()
      else response.writeHead(status === 403 ? 400 : status).end()
    })
    sending.on('file', (found: string, { size }: Stats) => {
      const { type, compressible } = contentTypeOf(found)
      response.setHeader('Content-Type', type)
      if (!site.compress || !compressible || size < MIN_COMPRESSED_BYTES) return
      response.setHeader('Vary', 'Accept-Encoding')
      if (new Negotiator(request).encoding(['gzip']) === undefined) return
      response.setHeader('Content-Encoding', 'gzip')
      // The library itself only sends a file unchanged, with its length.
      sending.send = () =>
        void pipeline(createReadStream(found), createGzip({ level: constants.Z_BEST_SPEED }), response, () => {})
    })
    sending.pipe(response)
  }
  if (`${path}/` === site.base) return redirect(site.base)
  if (!path.startsWith(site.base)) return notFound()
  // A path with a file extension is an asset: if it is missing, the page must get a 404.
  serve(path.slice(site.base.length - 1), () =>
    site.spa && !/\.\w+$/.test(decodeURIComponent(path)) ? serve('/index.html', notFound) : notFound(),
  )
}

const NOT_FOUND_TEXT = 'Not found\n'
