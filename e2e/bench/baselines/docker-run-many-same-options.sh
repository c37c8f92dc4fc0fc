#!/bin/sh
# $2 containers at once by the command line, on a network of their own as moorage's are; $1 names them.
docker network create "$1" > /dev/null
n=0
while [ "$((n += 1))" -le "$2" ]; do
  docker run --detach --name "$1-$n" --network "$1" --network-alias "s$n" --security-opt no-new-privileges --publish 127.0.0.1::7000 \
    busybox:1.37 nc -ll -p 7000 -e cat > /dev/null &
done
wait
