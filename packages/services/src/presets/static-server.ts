import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, service, type Address, type CommonOptions, type Service } from '@moorage/core'
import { imageOf, refusedAsProcess, wishedVersion, type ImageOptions } from '../options/image-option.ts'
import { notIsolated } from '../options/isolate-option.ts'
import { nginxConfig, SITE } from '../site/nginx-config.ts'
import { checkPlacement, sharedOf, type Placement } from '../options/shared-options.ts'

export interface StaticServerOptions<N extends string = string> extends CommonOptions<N>, ImageOptions {
  /** The folder of built files. */
  readonly root: string
  /** Answers unknown paths without an extension with index.html, for pages that route by themselves. Default: `false`. */
  readonly spa?: boolean
  /** The path that the site was built for, as in `/app/`; part of the URL. Default: `/`. */
  readonly base?: string
  /** Lets pages of other origins read it. Default: `false`. */
  readonly cors?: boolean
  /** Compresses text of 1 KiB and more for clients that take gzip. Default: `true`. */
  readonly compress?: boolean
  /** `host` serves the folder from a process beside the tests. Default: `provider`. */
  readonly placement?: Placement
}

/** A static site: nginx (`nginx:1.28`) as a container, a program of ours that answers alike as a process. Nothing is cached. */
export function staticServer<const N extends string = never>(options: StaticServerOptions<N>): Service<Address, N> {
  notIsolated('staticServer', options)
  const { root, spa = false, base = '/', cors = false, compress = true, placement } = options
  checkPlacement('staticServer', placement)
  if (!root)
    throw new MoorageError('CONFIG_INVALID', 'staticServer({ root }) is empty.', {
      hint: "Give the folder of built files, as in 'dist'.",
    })
  if (!/^\/(?:(?!\.\.?\/)[\w.~-]+\/)*$/.test(base)) {
    throw new MoorageError('CONFIG_INVALID', `staticServer({ base }): '${base}' is not a base path.`, {
      hint: "Begin and end with a slash, as in '/app/'.",
    })
  }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const url = { $join: ['http://', host, ':', port, ...(base === '/' ? [] : [base])] }
  // 404: a site need not have a page at its root.
  const form = { connection: { host, port, url }, ready: [{ kind: 'http', path: base, status: [200, 404] }] }
  const serving = { base, spa, cors, compress }
  const spec = {
    preset: 'staticServer',
    ports: { http: PORT },
    container: {
      ...form,
      image: imageOf('staticServer', options, { name: 'nginx', tag: '1.28' }),
      user: '101:101',
      tmpfs: ['/tmp', '/var/cache/nginx', '/run'],
      command: ['nginx', '-c', '/etc/moorage/nginx.conf', '-g', 'daemon off;'],
      files: {
        '/etc/moorage/nginx.conf': { content: nginxConfig(PORT, serving) },
        [`${SITE}${base.slice(0, -1)}`]: { $file: root, $option: 'root' },
      },
    },
    process: {
      ...form,
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/static-server')) },
      options: { ...serving, root, ...wishedVersion(options) },
    },
    ...(placement ? { placement } : {}),
    ...sharedOf(options),
  }
  return service('staticServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

const PORT = 8080
