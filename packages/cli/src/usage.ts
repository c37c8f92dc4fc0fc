export const USAGE = `Usage: moorage COMMAND [OPTIONS]

  exec -- COMMAND [ARGS]         start the services, run COMMAND with their URLs in its environment, remove them
  up [--ttl 8h] [--json|--env]   start the services and keep them for later runs with the same config
  status [--json|--env]          show this project's runs, their services and how long they are kept
  logs SERVICE [-n 50] [-f]      print the last lines of a service's log; -f prints new lines as they arrive
  down                           remove the services that 'up' started or that a failed run kept
  gc [--dry-run] [--json]        remove what dead runs left behind, on every provider
  doctor                         check the config, and which providers work on this machine

Every command accepts --config FILE. Default: moorage.config.ts in the current folder.
Exit codes: 0 on success, 1 on failure, 2 for a wrong command line or config. 'exec' returns the exit code
of COMMAND, or 130 or 143 if Ctrl-C or SIGTERM ended it.`
