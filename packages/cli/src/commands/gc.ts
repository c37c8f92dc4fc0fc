import type { Command } from '../command.ts'

export const gc: Command = {
  name: 'gc',
  summary: 'remove what dead runs left behind, on every provider',
  description:
    'Removes what dead runs have left, on every provider that works here, and prints a line for each object.',
  options: {
    'dry-run': { summary: 'only print what would be removed' },
    json: { summary: 'print the data as JSON' },
  },
  example: ['moorage gc --dry-run', 'shows what dead runs have left, and removes nothing'],
  load: async () => (await import('../actions/gc.ts')).runGc,
}
