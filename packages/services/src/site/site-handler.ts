import { createReadStream, type Stats } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { posix } from 'node:path'
import { pipeline } from 'node:stream'
import { constants, createGzip } from 'node:zlib'
import { COMPRESSED_FROM, contentTypeOf } from './content-types.ts'
import type { Serving } from './nginx-config.ts'
import { Negotiator, send } from '../vendor/send.ts'

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
    answer(site, request, response)
  }
}

function answer(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query] = (request.url ?? '').split('?', 2)
  const moved = (to: string): void =>
    void response.writeHead(301, { Location: query === undefined ? to : `${to}?${query}` }).end()
  const missing = (): void => {
    response
      .writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': MISSING.length })
      .end(MISSING)
  }
  const serve = (file: string, absent: () => void): void => {
    const sending = send(request, file, {
      root: site.root,
      dotfiles: 'allow',
      cacheControl: false,
      etag: false,
      lastModified: false,
    })
    sending.on('directory', () => moved(posix.join(path, '/')))
    sending.on('error', ({ status }: { readonly status: number }) => {
      if (response.headersSent) response.destroy()
      else if (status === 404 || status === 500) absent()
      else response.writeHead(status === 403 ? 400 : status).end()
    })
    sending.on('file', (found: string, { size }: Stats) => {
      const { type, compressible } = contentTypeOf(found)
      response.setHeader('Content-Type', type)
      if (!site.compress || !compressible || size < COMPRESSED_FROM) return
      response.setHeader('Vary', 'Accept-Encoding')
      if (new Negotiator(request).encoding(['gzip']) === undefined) return
      response.setHeader('Content-Encoding', 'gzip')
      // The library sends a file as it is, of a length known beforehand.
      sending.send = () =>
        void pipeline(createReadStream(found), createGzip({ level: constants.Z_BEST_SPEED }), response, () => {})
    })
    sending.pipe(response)
  }
  if (`${path}/` === site.base) return moved(site.base)
  if (!path.startsWith(site.base)) return missing()
  // A path whose last part has an extension is an asset: its absence is to be seen.
  serve(path.slice(site.base.length - 1), () =>
    site.spa && !/\.\w+$/.test(decodeURIComponent(path)) ? serve('/index.html', missing) : missing(),
  )
}

const MISSING = 'Not found\n'
