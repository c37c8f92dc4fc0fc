import { MIN_COMPRESSED_BYTES, nginxTypes, DEFAULT_TYPE } from './content-types.ts'

/** Options of a site, for nginx and for moorage's own server. */
export interface SiteOptions {
  /** Begins and ends with a slash. */
  readonly base: string
  readonly spa: boolean
  readonly cors: boolean
  readonly compress: boolean
}

export const NGINX_ROOT = '/srv/site'

/**
 * The configuration of nginx. A port above 1024 and paths in /tmp let it run as the unprivileged user of the image.
 * Without caching, a test always sees the current build. Missing files and folders without an index go to @missing. A
 * path with a file extension is an asset, which index.html must not replace.
 */
export function nginxConfig(port: number, { base, spa, cors, compress }: SiteOptions): string {
  const { types, text, compressible } = nginxTypes()
  const basePattern = base.replaceAll('.', '\\.')
  return `pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  types { ${types} }
  default_type ${DEFAULT_TYPE};
  charset utf-8;
  charset_types ${text};
  access_log off;
  log_not_found off;
  sendfile on;
  etag off;
  gzip ${compress ? 'on' : 'off'};
  gzip_vary on;
  gzip_min_length ${MIN_COMPRESSED_BYTES};
  gzip_types ${compressible};
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen ${port};
    root ${NGINX_ROOT};
    absolute_redirect off;
    add_header Cache-Control no-store always;
    add_header Last-Modified "";${cors ? CORS_DIRECTIVES : ''}
    if ($request_method !~ ^(GET|HEAD)$) { return 405; }
    error_page 403 404 = @missing;
    location / {}
    location @missing {
      types {}
      default_type text/plain;${spa ? `\n      if ($uri ~ "^${basePattern}(.*/)?(?![^/]*\\.\\w+$)[^/]*$") { rewrite ^ ${base}index.html last; }` : ''}
      return 404 "Not found\\n";
    }
  }
}
`
}

const CORS_DIRECTIVES = `
    add_header Access-Control-Allow-Origin * always;
    add_header Access-Control-Allow-Methods "GET, HEAD, OPTIONS" always;
    add_header Access-Control-Allow-Headers * always;
    if ($request_method = OPTIONS) { return 204; }`
