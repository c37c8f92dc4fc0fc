#!/bin/sh
# Fills ${NAME} in /etc/nginx/templates/**.template with variables that are set, and writes the result to conf.d.
set -e
from=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
to=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
[ -d "$from" ] || exit 0
if [ ! -w "$to" ]; then
  echo "$0: ERROR: $from exists, but $to is not writable" >&2
  exit 0
fi
defined=$(printf '${%s} ' $(env | cut -d= -f1 | grep -E "${NGINX_ENVSUBST_FILTER:-}"))
find "$from" -follow -type f -name "*$suffix" | while read -r template; do
  target=$to/${template#"$from/"}
  target=${target%"$suffix"}
  mkdir -p "$(dirname "$target")"
  envsubst "$defined" < "$template" > "$target"
done
