#!/bin/sh
# A data folder with the extension in it, to be copied on first start: making it takes seconds, copying it milliseconds.
set -e
bin=/usr/lib/postgresql/18/bin
template=/usr/local/share/mongo-template
install -d -o postgres -m 700 $template
setpriv --reuid postgres --regid postgres --init-groups sh -ec "
  export LC_ALL=C.UTF-8
  $bin/initdb -D $template -U postgres -A trust --no-sync --wal-segsize=1 > /dev/null
  cat >> $template/postgresql.conf <<'CONF'
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
listen_addresses = '127.0.0.1'
unix_socket_directories = '/tmp'
fsync = off
synchronous_commit = off
full_page_writes = off
min_wal_size = 2MB
max_connections = 200
io_method = sync
CONF
  $bin/pg_ctl -D $template -w start > /dev/null
  psql -q -h /tmp -U postgres -d postgres -c 'CREATE EXTENSION documentdb CASCADE'
  $bin/pg_ctl -D $template -w stop > /dev/null
"
chmod -R a+rX $template
du -sh $template
