/**
 * A POSIX shell script that runs before each service, in a separate process group. It leaves a watcher in the group and
 * then becomes the service, so that pid, exit code and signals are those of the service. Descriptor 3 is a pipe that
 * the supervisor holds. When the pipe ends, however the supervisor died, the watcher sends the stop signal and waits
 * for the grace. It then kills the processes that have left the group but carry the unit's mark. It repeats this search
 * until it finds none, because a killed process may have forked just before. At last it kills the group. While the
 * watcher runs, the kernel does not reuse the group's number.
 * Arguments: mark, stop signal, grace in tenths of a second, command.
 */
const SCRIPT = `
mark=$1 stop=$2 grace=$3; shift 3
( {
  trap '' INT TERM HUP QUIT "$stop"
  read -r _ <&3
  kill -s "$stop" 0
  while [ "$grace" -gt 0 ] && kill -0 $$; do sleep 0.1; grace=$((grace - 1)); done
  rounds=100
  while [ "$rounds" -gt 0 ]; do
    rounds=$((rounds - 1))
    files=$(grep -lsF "MOORAGE_UNIT=$mark" /proc/[0-9]*/environ)
    [ "$files" ] || break
    for file in $files; do
      pid=\${file#/proc/}
      kill -s KILL "\${pid%/environ}"
    done
  done
  kill -s KILL 0
} </dev/null >/dev/null 2>&1 & )
MOORAGE_UNIT=$mark
export MOORAGE_UNIT
exec "$@" 3<&-
`

export interface WatcherOptions {
  readonly mark: string
  readonly stopSignal: NodeJS.Signals
  readonly graceSeconds: number
}

/** The program and the arguments that run a command behind the script. */
export function withWatcher(
  { mark, stopSignal, graceSeconds }: WatcherOptions,
  command: readonly string[],
): readonly [program: string, args: readonly string[]] {
  const graceTenths = String(graceSeconds * 10)
  return ['/bin/sh', ['-c', SCRIPT, 'moorage', mark, stopSignal.replace(/^SIG/, ''), graceTenths, ...command]]
}
