import type { Command } from '../command.ts'

export const shell: Command = {
  name: 'shell',
  summary: 'open a shell in a running service',
  description:
    "Opens a shell in a running service, on this terminal or with its commands from a pipe: in its container by `docker`, `kubectl` or `nerdctl`; for a plain process, your own shell in its folder with its variables. The exit code is the shell's.",
  args: [{ name: 'service', summary: 'a service of the config', required: true, completes: 'services' }],
  example: ['moorage shell db', "opens a shell in db's container"],
  load: async () => (await import('../actions/shell.ts')).runShell,
}
