#!/bin/bash
# First start with a root user or init scripts: a temporary server without authentication on 127.0.0.1, user, scripts.
# MOORAGE_TESTBED_INIT_SECONDS holds the temporary server for that long (default 0), so that a test can meet it.
set -Eeo pipefail

from_file() {
  local file="${1}_FILE"
  if [ -n "${!1}" ] && [ -n "${!file}" ]; then
    echo "error: both $1 and $file are set (but are exclusive)" >&2
    exit 1
  fi
  if [ -n "${!file}" ]; then export "$1=$(< "${!file}")"; fi
  unset "$file"
}

has() { # WORD ARGUMENTS: whether one of them is WORD or WORD=...
  local word=$1 each
  shift
  for each; do case "$each" in "$word" | "$word"=*) return 0 ;; esac; done
  return 1
}

escape() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

create_root_user() {
  local user pwd roles='[{"role":"clusterAdmin","db":"admin"},{"role":"readWriteAnyDatabase","db":"admin"}]'
  user=$(escape "$MONGO_INITDB_ROOT_USERNAME")
  pwd=$(escape "$MONGO_INITDB_ROOT_PASSWORD")
  psql -q -h /tmp -U postgres -d postgres -v ON_ERROR_STOP=1 \
    -v spec="{\"createUser\":\"$user\",\"pwd\":\"$pwd\",\"roles\":$roles}" \
    <<< "SELECT documentdb_api.create_user(:'spec');" > /dev/null
}

run_init_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case "$script" in
      *.sh) echo "$0: running $script"; . "$script" ;;
      *.js) echo "$0: this stand-in has no mongosh and cannot run $script" >&2; exit 1 ;;
      */'*') ;;
      *) echo "$0: ignoring $script" ;;
    esac
  done
}

initialise() {
  mongod --port 27017 --bind_ip 127.0.0.1 &
  local temporary=$!
  until (: < /dev/tcp/127.0.0.1/27017) 2> /dev/null; do
    kill -0 $temporary 2> /dev/null || { echo 'error: the temporary server ended at once' >&2; exit 1; }
    sleep 0.02
  done
  if [ -n "$MONGO_INITDB_ROOT_USERNAME" ]; then create_root_user; fi
  export MONGO_INITDB_DATABASE=${MONGO_INITDB_DATABASE:-test}
  run_init_scripts
  sleep "${MOORAGE_TESTBED_INIT_SECONDS:-0}"
  kill $temporary
  wait $temporary
  printf '\nMongoDB init process complete; ready for start up.\n\n'
}

case "$1" in -*) set -- mongod "$@" ;; esac
if [ "$1" = mongod ] && [ "$(id -u)" = 0 ]; then
  find /data/db /data/configdb \! -user mongodb -exec chown mongodb '{}' +
  exec setpriv --reuid mongodb --regid mongodb --init-groups "$0" "$@"
fi
if [ "$1" = mongod ]; then
  from_file MONGO_INITDB_ROOT_USERNAME
  from_file MONGO_INITDB_ROOT_PASSWORD
  given=${MONGO_INITDB_ROOT_USERNAME:+user}${MONGO_INITDB_ROOT_PASSWORD:+password}
  case "$given" in user | password)
    echo "error: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'" >&2
    echo '       both must be specified for a user to be created' >&2
    exit 1 ;;
  esac
  scripts=$(ls /docker-entrypoint-initdb.d)
  if [ ! -s /data/db/postgres/PG_VERSION ] && [ -n "$given$scripts" ]; then initialise; fi
  if [ -n "$MONGO_INITDB_ROOT_USERNAME" ]; then has --auth "$@" || set -- "$@" --auth; fi
  has --bind_ip "$@" || has --bind_ip_all "$@" || set -- "$@" --bind_ip_all
  unset "${!MONGO_INITDB_@}"
fi
exec "$@"
