#!/bin/sh
# Twenty containers at once by the command line; $1 names them.
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  docker run --detach --rm --name "$1-$n" --publish 127.0.0.1::7000 busybox:1.37 nc -ll -p 7000 -e cat > /dev/null &
done
wait
