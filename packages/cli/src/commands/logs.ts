import type { Command } from '../command.ts'

export const logs: Command = {
  name: 'logs',
  summary: "print the last lines of a service's log",
  description:
    'Prints the last lines of a service; `-f` follows the log. Following a log does not keep a run alive after its last user has left.',
  args: [{ name: 'service', summary: 'a service of the config', required: true, completes: 'services' }],
  options: {
    lines: { short: 'n', value: 'count', summary: 'how many lines (default: 50)' },
    follow: { short: 'f', summary: 'print new lines as they arrive' },
  },
  example: ['moorage logs db -n 100 -f', 'prints 100 lines of db, and new ones as they arrive'],
  load: async () => (await import('../actions/logs.ts')).runLogs,
}
