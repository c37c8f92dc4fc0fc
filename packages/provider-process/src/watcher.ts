/**
 * A POSIX shell before each service, in a process group of its own. It leaves a watcher in the group and becomes the
 * service, so that pid, exit code and signals are the service's own. Descriptor 3 is a pipe that the supervisor holds:
 * when it ends, by whatever death, the watcher sends the stop signal, waits for the grace, then kills the group and
 * whatever has left the group but carries the unit's mark, again until nobody does: who is killed may just have borne
 * a child. While the watcher lives, the group's number is not reused.
 * Arguments: unit, stop signal, grace in tenths of a second, command.
 */
const SCRIPT = `
unit=$1 stop=$2 grace=$3; shift 3
( {
  trap '' INT TERM HUP QUIT "$stop"
  read -r _ <&3
  kill -s "$stop" 0
  while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 0.1; grace=$((grace - 1)); done
  looks=100
  while [ "$looks" -gt 0 ]; do
    looks=$((looks - 1))
    files=$(grep -lsF "MOORAGE_UNIT=$unit" /proc/[0-9]*/environ)
    [ "$files" ] || break
    for file in $files; do
      pid=\${file#/proc/}
      kill -s KILL "\${pid%/environ}"
    done
  done
  kill -s KILL 0
} </dev/null >/dev/null 2>&1 & )
MOORAGE_UNIT=$unit
export MOORAGE_UNIT
exec "$@" 3<&-
`

export interface Wrapped {
  readonly unit: string
  readonly stopSignal: NodeJS.Signals
  /** Seconds. */
  readonly grace: number
}

/** The command line of a service in its wrapper. */
export function wrap(
  { unit, stopSignal, grace }: Wrapped,
  command: readonly string[],
): readonly [string, readonly string[]] {
  return ['/bin/sh', ['-c', SCRIPT, 'moorage', unit, stopSignal.replace(/^SIG/, ''), String(grace * 10), ...command]]
}
