import type { Command } from '../command.ts'

export const open: Command = {
  name: 'open',
  summary: 'open a running service in the browser',
  description:
    'Opens the URL of a running service in the browser, and prints it. In CI, without a display, and for URLs other than HTTP it only prints it.',
  args: [{ name: 'service', summary: 'a service of the config', required: true, completes: 'services' }],
  example: ['moorage open web', "opens web's URL in the browser"],
  load: async () => (await import('../actions/open.ts')).runOpen,
}
