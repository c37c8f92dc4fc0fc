import type { Command } from '../command.ts'

export const exec: Command = {
  name: 'exec',
  summary: 'start the services, run a command with their URLs, remove the services',
  description:
    'Starts the services, runs the command with their URLs in its environment, and removes them. Signals and the exit code are passed on.',
  args: [{ name: 'command', summary: 'the command and its arguments', required: true, variadic: true }],
  takesCommandLine: true,
  example: ['moorage exec -- npm test', 'runs the tests with DB_URL and the other URLs'],
  load: async () => (await import('../actions/exec.ts')).runExec,
}
