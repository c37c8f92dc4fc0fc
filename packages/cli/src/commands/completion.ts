import type { Command } from '../command.ts'
import { SHELLS } from '../completion/shells.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'print a script that completes commands, options and services',
  description: 'Prints a script for the shell that completes commands, options and the services of the config.',
  args: [{ name: 'shell', summary: 'the shell', required: true, choices: SHELLS }],
  example: ['source <(moorage completion bash)', 'completes moorage in this shell'],
  load: async () => (await import('../actions/completion.ts')).runCompletion,
}
