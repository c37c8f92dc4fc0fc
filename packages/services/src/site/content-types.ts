interface ContentType {
  readonly type: string
  readonly extensions: readonly string[]
  /** Whether gzip makes it smaller. */
  readonly compressible?: boolean
  /** Whether the header names UTF-8 as its charset. */
  readonly text?: boolean
}

/** The file types of a built site. nginx and moorage's server share this table. Source: IANA, "Media Types". */
const TYPES: readonly ContentType[] = [
  { type: 'text/html', extensions: ['html', 'htm'], compressible: true, text: true },
  { type: 'text/css', extensions: ['css'], compressible: true, text: true },
  { type: 'text/javascript', extensions: ['js', 'mjs', 'cjs'], compressible: true, text: true },
  { type: 'text/plain', extensions: ['txt'], compressible: true, text: true },
  { type: 'text/markdown', extensions: ['md'], compressible: true, text: true },
  { type: 'text/csv', extensions: ['csv'], compressible: true, text: true },
  { type: 'text/vtt', extensions: ['vtt'], compressible: true, text: true },
  { type: 'application/json', extensions: ['json', 'map'], compressible: true },
  { type: 'application/ld+json', extensions: ['jsonld'], compressible: true },
  { type: 'application/manifest+json', extensions: ['webmanifest'], compressible: true },
  { type: 'application/xml', extensions: ['xml'], compressible: true },
  { type: 'application/rss+xml', extensions: ['rss'], compressible: true },
  { type: 'application/atom+xml', extensions: ['atom'], compressible: true },
  { type: 'application/wasm', extensions: ['wasm'], compressible: true },
  { type: 'application/pdf', extensions: ['pdf'] },
  { type: 'application/zip', extensions: ['zip'] },
  { type: 'application/gzip', extensions: ['gz'] },
  { type: 'image/svg+xml', extensions: ['svg'], compressible: true },
  { type: 'image/png', extensions: ['png'] },
  { type: 'image/jpeg', extensions: ['jpg', 'jpeg'] },
  { type: 'image/gif', extensions: ['gif'] },
  { type: 'image/webp', extensions: ['webp'] },
  { type: 'image/avif', extensions: ['avif'] },
  { type: 'image/vnd.microsoft.icon', extensions: ['ico'] },
  { type: 'font/woff2', extensions: ['woff2'] },
  { type: 'font/woff', extensions: ['woff'] },
  { type: 'font/ttf', extensions: ['ttf'], compressible: true },
  { type: 'font/otf', extensions: ['otf'], compressible: true },
  { type: 'audio/mpeg', extensions: ['mp3'] },
  { type: 'audio/ogg', extensions: ['ogg', 'oga'] },
  { type: 'audio/wav', extensions: ['wav'] },
  { type: 'video/mp4', extensions: ['mp4'] },
  { type: 'video/webm', extensions: ['webm'] },
]

/** Below this size, compression costs more than it saves. */
export const MIN_COMPRESSED_BYTES = 1024

export const DEFAULT_TYPE = 'application/octet-stream'

const byExtension = new Map(TYPES.flatMap((entry) => entry.extensions.map((extension) => [extension, entry] as const)))

/** The Content-Type of a file, and whether to compress it. */
export function contentTypeOf(path: string): { readonly type: string; readonly compressible: boolean } {
  const {
    type = DEFAULT_TYPE,
    text = false,
    compressible = false,
  } = byExtension.get(/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '') ?? {}
  return { type: text ? `${type}; charset=utf-8` : type, compressible }
}

/** The table as directives of nginx, which adds text/html to its lists by itself. */
export function nginxTypes(): { readonly types: string; readonly text: string; readonly compressible: string } {
  const list = (entries: readonly ContentType[]): string =>
    entries
      .map(({ type }) => type)
      .filter((type) => type !== 'text/html')
      .join(' ')
  return {
    types: TYPES.map(({ type, extensions }) => `${type} ${extensions.join(' ')};`).join(' '),
    text: list(TYPES.filter(({ text }) => text)),
    compressible: list(TYPES.filter(({ compressible }) => compressible)),
  }
}
