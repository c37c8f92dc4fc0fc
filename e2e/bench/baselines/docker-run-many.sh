#!/bin/sh
# $2 containers at once by the command line; $1 names them.
n=0
while [ "$((n += 1))" -le "$2" ]; do
  docker run --detach --rm --name "$1-$n" --publish 127.0.0.1::7000 busybox:1.37 nc -ll -p 7000 -e cat > /dev/null &
done
wait
