#!/bin/sh
# Turns Debian's PostgreSQL into the official image's: user 999, empty folders that any user may fill, new defaults.
set -e
groupmod -g 999 postgres
usermod -u 999 -d /var/lib/postgresql postgres
cat >> /usr/share/postgresql/17/postgresql.conf.sample <<'CONF'
listen_addresses = '*'
unix_socket_directories = '/var/run/postgresql'
jit = off
CONF
rm -rf /var/lib/postgresql /var/run/postgresql
mkdir -p /var/lib/postgresql/data /var/run/postgresql /docker-entrypoint-initdb.d
chown -R postgres:postgres /var/lib/postgresql /var/run/postgresql
chmod 3777 /var/run/postgresql
chmod 1777 /var/lib/postgresql/data
