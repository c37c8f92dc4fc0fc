import type { Command } from '../command.ts'

export const logs: Command = {
  name: 'logs',
  summary: 'print the last lines of one service or of all',
  description:
    'Prints the last lines of a service, or with `--all` those of every service, each with its name; `-f` follows the log. Following a log does not keep a run alive after its last user has left.',
  args: [{ name: 'service', summary: 'a service of the config', completes: 'services' }],
  options: {
    all: { summary: 'print the lines of all services, each after the name of its service' },
    lines: { short: 'n', value: 'count', summary: 'how many lines of each service (default: 50)' },
    follow: { short: 'f', summary: 'print new lines as they arrive' },
  },
  example: ['moorage logs db -n 100 -f', 'prints 100 lines of db, and new ones as they arrive'],
  load: async () => (await import('../actions/logs.ts')).runLogs,
}
