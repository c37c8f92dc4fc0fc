import { fileURLToPath } from 'node:url'
import { moduleBeside, service, type Address, type CommonOptions, type Service } from '@moorage/core'
import { imageOf, refusedAsProcess, type ImageOptions } from './image-option.ts'
import { notIsolated } from './isolate-option.ts'
import { sharedOf } from './shared-options.ts'

export interface StaticServerOptions<N extends string = string> extends CommonOptions<N>, ImageOptions {
  /** The folder of built files. */
  readonly root: string
  /** Answers unknown paths with index.html, for pages that route by themselves. Default: `false`. */
  readonly spa?: boolean
  /** `host` serves the folder from a process beside the tests. Default: `provider`. */
  readonly placement?: 'provider' | 'host'
}

/** A static site: nginx (`nginx:1.28`) as a container, a library server (sirv) as a process. */
export function staticServer<const N extends string = never>(options: StaticServerOptions<N>): Service<Address, N> {
  notIsolated('staticServer', options)
  const { root, spa = false, placement } = options
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const form = { connection: { host, port, url: { $join: ['http://', host, ':', port] } }, ready: [{ kind: 'http', path: '/', status: [200, 301, 302, 304, 403, 404] }] }
  const spec = {
    preset: 'staticServer',
    ports: { http: PORT },
    container: {
      ...form,
      image: imageOf('staticServer', options, { name: 'nginx', tag: '1.28' }),
      user: '101:101',
      tmpfs: ['/tmp', '/var/cache/nginx', '/run'],
      command: ['nginx', '-c', '/etc/moorage/nginx.conf', '-g', 'daemon off;'],
      files: { '/etc/moorage/nginx.conf': { content: nginxConf(spa) }, '/srv/site': { $file: root, $option: 'root' } },
    },
    process: {
      ...form,
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(moduleBeside(import.meta.url, 'programs/static-server')) },
      options: { spa, root },
    },
    ...(placement ? { placement } : {}),
    ...sharedOf(options),
  }
  return service('staticServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

const PORT = 8080

// A port above 1024 and paths in /tmp let it run as the image's uid; no caching, so that a test sees the build of now.
function nginxConf(spa: boolean): string {
  return `pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen ${PORT};
    root /srv/site;
    absolute_redirect off;
    add_header Cache-Control no-store;
    location / { try_files $uri $uri/ ${spa ? '/index.html' : '=404'}; }
  }
}
`
}
