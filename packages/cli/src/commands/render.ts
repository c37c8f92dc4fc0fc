import type { Command } from '../command.ts'
import { RENDER_TARGETS } from '../render/render-targets.ts'

export const render: Command = {
  name: 'render',
  summary: 'print what would run without secrets: compose file, docker commands or Kubernetes YAML',
  description:
    'Prints the containers of the config as a compose file, as `docker` commands, or as the objects of a Kubernetes cluster. It starts nothing and needs no engine; generated secrets and values of names such as `PASSWORD` appear as `***`.',
  options: { to: { value: 'form', choices: RENDER_TARGETS, summary: 'the form of the output (default: compose)' } },
  example: ['moorage render --to kubernetes', 'prints the namespace, Secrets, Services and pods of a run'],
  load: async () => (await import('../actions/render.ts')).runRender,
}
