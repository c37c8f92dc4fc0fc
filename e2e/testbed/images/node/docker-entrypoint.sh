#!/bin/sh
set -e
# A script's name or an option alone is an argument of node; a command runs as given.
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && ! [ -x "$1" ]; }; then set -- node "$@"; fi
exec "$@"
