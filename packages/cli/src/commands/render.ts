import type { Command } from '../command.ts'
import { RENDER_TARGETS } from '../render/render-targets.ts'

export const render: Command = {
  name: 'render',
  summary: 'print what would run, as a compose file or docker commands, without secrets',
  description:
    'Prints the containers of the config as a compose file, or as `docker` commands. It starts nothing; generated secrets and values of names such as `PASSWORD` appear as `***`.',
  options: { to: { value: 'form', choices: RENDER_TARGETS, summary: 'the form of the output (default: compose)' } },
  example: ['moorage render --to docker', 'prints a docker command for each container'],
  load: async () => (await import('../actions/render.ts')).runRender,
}
