import type { Command } from '../command.ts'

export const restart: Command = {
  name: 'restart',
  summary: 'restart services of the running project',
  description:
    'Restarts these services, or all, and those that need them. A restarted service starts without its data. The others keep running.',
  args: [{ name: 'service', summary: 'services of the config (default: all)', variadic: true, completes: 'services' }],
  example: ['moorage restart web', 'restarts web and what needs it'],
  load: async () => (await import('../actions/restart.ts')).runRestart,
}
