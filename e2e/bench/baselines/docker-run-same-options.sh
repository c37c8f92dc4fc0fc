#!/bin/sh
# Start of one MongoDB by the command line, with the folders in memory and the user that moorage's preset sets.
memory=rw,exec,mode=1777,uid=999,gid=999
exec docker run --detach --rm --publish "127.0.0.1:$1:27017" --user 999:999 --security-opt no-new-privileges \
  --tmpfs "/data/db:$memory" --tmpfs "/data/configdb:$memory" --tmpfs "/tmp:$memory" mongo:6.0
