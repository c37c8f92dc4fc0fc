import { COMPRESSED_FROM, nginxTypes, UNKNOWN } from './content-types.ts'

/** How a folder is served, by nginx and by the program alike. */
export interface Serving {
  /** Begins and ends with a slash. */
  readonly base: string
  readonly spa: boolean
  readonly cors: boolean
  readonly compress: boolean
}

export const SITE = '/srv/site'

/**
 * A port above 1024 and paths in /tmp let it run as the image's uid; no caching, so that a test sees the build of now.
 * What is not found, or is a folder without an index, goes to @missing; an extension marks an asset, which has no fall-back.
 */
export function nginxConfig(port: number, { base, spa, cors, compress }: Serving): string {
  const { types, text, compressible } = nginxTypes()
  const home = base.replaceAll('.', '\\.')
  return `pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  types { ${types} }
  default_type ${UNKNOWN};
  charset utf-8;
  charset_types ${text};
  access_log off;
  log_not_found off;
  sendfile on;
  etag off;
  gzip ${compress ? 'on' : 'off'};
  gzip_vary on;
  gzip_min_length ${COMPRESSED_FROM};
  gzip_types ${compressible};
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen ${port};
    root ${SITE};
    absolute_redirect off;
    add_header Cache-Control no-store always;
    add_header Last-Modified "";${cors ? CORS : ''}
    if ($request_method !~ ^(GET|HEAD)$) { return 405; }
    error_page 403 404 = @missing;
    location / {}
    location @missing {
      types {}
      default_type text/plain;${spa ? `\n      if ($uri ~ "^${home}(.*/)?(?![^/]*\\.\\w+$)[^/]*$") { rewrite ^ ${base}index.html last; }` : ''}
      return 404 "Not found\\n";
    }
  }
}
`
}

const CORS = `
    add_header Access-Control-Allow-Origin * always;
    add_header Access-Control-Allow-Methods "GET, HEAD, OPTIONS" always;
    add_header Access-Control-Allow-Headers * always;
    if ($request_method = OPTIONS) { return 204; }`
