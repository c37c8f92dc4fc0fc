import type { ProcessMark } from './process-mark.ts'

/**
 * Runs beside each service or seed, in its process group, as a program of its own, so that its arguments do not contain
 * those of the service. Descriptor 3 is a pipe that the supervisor holds. When the pipe ends, because the service has
 * ended or however the supervisor died, the watcher sends the stop signal to the group and to the marked processes
 * outside it, and waits up to the grace until all have ended. It then kills what is left, and repeats the search until
 * it finds none, because a killed process may have forked just before. At last it kills the group. While the watcher
 * runs, the kernel does not reuse the group's number. Arguments: mark, lock limit, stop signal, grace in tenths of a
 * second, pid of the service.
 */
const WATCHER = `
mark=$1 limit=$2 stop=$3 grace=$4 main=$5
trap '' INT TERM HUP QUIT "$stop"
marked() {
  {
    grep -lsF "MOORAGE_UNIT=$mark" /proc/[0-9]*/environ
    grep -lsE "^Max file locks +[0-9]+ +$limit " /proc/[0-9]*/limits
  } | cut -d/ -f3 | sort -u | while read -r pid; do
    read -r stat <"/proc/$pid/stat" || continue
    set -f; set -- \${stat##*) }; set +f
    case $1 in Z|X) continue; esac
    kill -0 "$pid" || continue
    [ "$skip" ] && [ "$3" = "$skip" ] || echo "$pid"
  done
}
read -r _ <&3
kill -s "$stop" 0
skip=$main
for pid in $(marked); do kill -s "$stop" "$pid"; done
skip=
while [ "$grace" -gt 0 ] && { kill -0 "$main" || [ "$(marked)" ]; }; do sleep 0.1; grace=$((grace - 1)); done
rounds=100
while [ "$rounds" -gt 0 ]; do
  rounds=$((rounds - 1))
  pids=$(marked)
  [ "$pids" ] || break
  for pid in $pids; do kill -s KILL "$pid"; done
done
kill -s KILL 0
`

/**
 * Starts the watcher, marks itself, and becomes the service, so that pid, exit code and signals are those of the
 * service. Shells name the limit for file locks -w (dash, busybox) or -x (bash).
 * Arguments: the watcher's script, mark, lock limit, stop signal, grace in tenths of a second, command.
 */
const SCRIPT = `
watcher=$1 mark=$2 limit=$3 stop=$4 grace=$5; shift 5
( exec /bin/sh -c "$watcher" moorage "$mark" "$limit" "$stop" "$grace" "$$" </dev/null >/dev/null 2>&1 & )
ulimit -w "$limit" 2>/dev/null || ulimit -x "$limit" 2>/dev/null
MOORAGE_UNIT=$mark
export MOORAGE_UNIT
exec "$@" 3<&-
`

export interface WatcherOptions {
  readonly mark: ProcessMark
  readonly stopSignal: NodeJS.Signals
  readonly graceSeconds: number
}

/** The program and the arguments that run a command behind the script. */
export function withWatcher(
  { mark, stopSignal, graceSeconds }: WatcherOptions,
  command: readonly string[],
): readonly [program: string, args: readonly string[]] {
  const options = [mark.id, String(mark.lockLimit), stopSignal.replace(/^SIG/, ''), String(graceSeconds * 10)]
  return ['/bin/sh', ['-c', SCRIPT, 'moorage', WATCHER, ...options, ...command]]
}
