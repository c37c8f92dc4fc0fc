#!/bin/sh
# Start of one MongoDB by the command line; $1 is a free port of this machine.
exec docker run --detach --rm --publish "127.0.0.1:$1:27017" mongo:6.0
