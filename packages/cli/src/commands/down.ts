import type { Command } from '../command.ts'

export const down: Command = {
  name: 'down',
  summary: "remove the services that 'up' started or that a failed run kept",
  description:
    'Removes the services that `up` has started or a failure has left. Services in use are removed when their last user disconnects.',
  example: ['moorage down', "removes this project's services"],
  load: async () => (await import('../actions/down.ts')).runDown,
}
