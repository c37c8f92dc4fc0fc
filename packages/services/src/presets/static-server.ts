import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Service,
} from '@moorage/core'
import {
  resolveImage,
  unsupportedImage,
  requestedVersion,
  IMAGE_OPTIONS,
  type ImageOptions,
} from '../options/image-option.ts'
import { rejectIsolate } from '../options/isolate-option.ts'
import { nginxConfig, NGINX_ROOT } from '../site/nginx-config.ts'
import { checkPlacement, COMMON_OPTIONS, commonSpec, type Placement } from '../options/common-options.ts'

const PORT = 8080

export interface StaticServerOptions<N extends string = string> extends CommonOptions<N>, ImageOptions {
  /** The folder of built files. A relative path starts at the config's `root`. */
  readonly root: string
  /**
   * Serves index.html for unknown paths without a file extension, for pages with client-side routes. Default: `false`.
   */
  readonly spa?: boolean
  /** The base path that the site was built for, such as `/app/`. It is part of the URL. Default: `/`. */
  readonly base?: string
  /** Allows requests from pages of any origin. Default: `false`. */
  readonly cors?: boolean
  /** Compresses text of 1 KiB and more for clients that accept gzip. Default: `true`. */
  readonly compress?: boolean
  /** `provider` serves it where the other services run, `host` from a process beside the tests. Default: `provider`. */
  readonly placement?: Placement
}

const OPTIONS: OptionNames<StaticServerOptions> = {
  root: true,
  spa: true,
  base: true,
  cors: true,
  compress: true,
  placement: true,
  ...IMAGE_OPTIONS,
  ...COMMON_OPTIONS,
}

/**
 * A static site: `nginx:1.28` as a container, moorage's own server with the same answers as a process. Responses are
 * never cached. Throws `MoorageError` (CONFIG_INVALID) for an invalid option, and for `isolate`.
 */
export function staticServer<const N extends string = never>(options: StaticServerOptions<N>): Service<Address, N> {
  rejectIsolate('staticServer', options)
  rejectUnknownOptions('staticServer', options, OPTIONS)
  const { root, spa = false, base = '/', cors = false, compress = true, placement } = options
  checkPlacement('staticServer', placement)
  if (!root)
    throw new MoorageError('CONFIG_INVALID', 'staticServer({ root }) is empty.', {
      hint: "Give the folder of built files, such as 'dist'.",
    })
  if (!/^\/(?:(?!\.\.?\/)[\w.~-]+\/)*$/.test(base)) {
    throw new MoorageError('CONFIG_INVALID', `staticServer({ base }): '${base}' is not a base path.`, {
      hint: "Begin and end it with a slash, such as '/app/'.",
    })
  }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const url = { $join: ['http://', host, ':', port, ...(base === '/' ? [] : [base])] }
  // 404 counts as ready, since a site need not have a page at its root.
  const form = { connection: { host, port, url }, ready: [{ kind: 'http', path: base, status: [200, 404] }] }
  const siteOptions = { base, spa, cors, compress }
  const spec = {
    preset: 'staticServer',
    ports: { http: PORT },
    container: {
      ...form,
      image: resolveImage('staticServer', options, { name: 'nginx', tag: '1.28' }),
      user: '101:101',
      tmpfs: ['/tmp', '/var/cache/nginx', '/run'],
      command: ['nginx', '-c', '/etc/moorage/nginx.conf', '-g', 'daemon off;'],
      files: {
        '/etc/moorage/nginx.conf': { content: nginxConfig(PORT, siteOptions) },
        [`${NGINX_ROOT}${base.slice(0, -1)}`]: { $file: root, $option: 'root' },
      },
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/static-server')) },
      options: { ...siteOptions, root, ...requestedVersion(options) },
    },
    ...(placement ? { placement } : {}),
    ...commonSpec(options),
  }
  return service('staticServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}
