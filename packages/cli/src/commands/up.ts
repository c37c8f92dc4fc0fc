import type { Command } from '../command.ts'
import { FORMAT_OPTIONS } from '../data-format-options.ts'

export const up: Command = {
  name: 'up',
  summary: 'start the services and keep them for later runs with the same config',
  description:
    'Starts the services and leaves them running for the time of `--ttl`, at most 24 h. With names it starts only these services and those that they need, beside the ones that already run. A test run joins a run of all services only.',
  args: [{ name: 'service', summary: 'services of the config (default: all)', variadic: true, completes: 'services' }],
  options: {
    ttl: { value: 'time', summary: 'how long the services stay, such as 90s, 30m or 8h (default: 8h)' },
    ...FORMAT_OPTIONS,
  },
  example: ['eval "$(moorage up --env)"', 'starts the services and exports their URLs to the shell'],
  load: async () => (await import('../actions/up.ts')).runUp,
}
