import type { Command } from '../command.ts'

export const ls: Command = {
  name: 'ls',
  summary: 'list all your runs on this machine, of every project',
  description:
    'Lists your runs on this machine, of every project, with their services. With `--services` it prints the names of the services in the config instead.',
  options: {
    services: { summary: 'print the services of the config, one a line' },
    json: { summary: 'print the data as JSON' },
  },
  example: ['moorage ls', 'shows which projects have services running'],
  load: async () => (await import('../actions/ls.ts')).runLs,
}
