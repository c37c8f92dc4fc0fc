interface CommandUsage {
  readonly synopsis: string
  readonly summary: string
}

export type CommandName = 'exec' | 'up' | 'status' | 'logs' | 'down' | 'gc' | 'doctor' | 'render'

/** What each command does, by its name. */
export const COMMAND_USAGE: { readonly [name in CommandName]: CommandUsage } = {
  exec: {
    synopsis: 'exec -- COMMAND [ARGS]',
    summary: 'start the services, run COMMAND with their URLs in its environment, remove them',
  },
  up: {
    synopsis: 'up [--ttl 8h] [--json|--env]',
    summary: 'start the services and keep them for later runs with the same config',
  },
  status: {
    synopsis: 'status [--why] [--json|--env]',
    summary: "show this project's runs, and with --why whether a test run would join them",
  },
  logs: {
    synopsis: 'logs SERVICE [-n 50] [-f]',
    summary: "print the last lines of a service's log; -f prints new lines as they arrive",
  },
  down: { synopsis: 'down', summary: "remove the services that 'up' started or that a failed run kept" },
  gc: { synopsis: 'gc [--dry-run] [--json]', summary: 'remove what dead runs left behind, on every provider' },
  doctor: { synopsis: 'doctor', summary: 'check the config, and which providers work on this machine' },
  render: {
    synopsis: 'render [--to compose|docker]',
    summary: 'print what would run, as a compose file or docker commands, without secrets',
  },
}

const NOTES = `Every command accepts --config FILE and --help. Default: moorage.config.ts in the current folder or above it,
up to the root of the workspace. 'moorage --version' prints the version.
Exit codes: 0 on success, 1 on failure, 2 for a wrong command line or config. 'exec' returns the exit code
of COMMAND, 127 if there is no such command, or 130 or 143 if Ctrl-C or SIGTERM ended it.`

const SYNOPSIS_WIDTH = 30

/** The usage of all commands. */
export const USAGE: string = [
  'Usage: moorage COMMAND [OPTIONS]',
  '',
  ...Object.values(COMMAND_USAGE).map(({ synopsis, summary }) => `  ${synopsis.padEnd(SYNOPSIS_WIDTH)} ${summary}`),
  '',
  NOTES,
].join('\n')

/** The usage of one command. */
export function commandUsage({ synopsis, summary }: CommandUsage): string {
  return `Usage: moorage ${synopsis}\n\n  ${summary}\n\n${NOTES}`
}
