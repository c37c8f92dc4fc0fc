import { MoorageError } from '@moorage/core'
import { loadConfig } from '@moorage/core/runner'
import type { Command, Invocation } from '../command.ts'
import { writeNotice } from '../output.ts'
import { composeFile } from '../render/compose-file.ts'
import { dockerCommands } from '../render/docker-commands.ts'
import { toYaml } from '../render/yaml.ts'

const TARGETS = ['compose', 'docker'] as const

/** Prints what would run, as a compose file or as docker commands. Starts nothing. Secrets are struck out. */
export const render: Command = { options: { to: { type: 'string' } }, maxArgs: 0, run: runRender }

async function runRender({ configPath, options }: Invocation): Promise<number> {
  const target = options['to'] ?? 'compose'
  if (!TARGETS.some((name) => name === target))
    throw new MoorageError('USAGE', `render: --to ${String(target)} is not a form that moorage can print.`, {
      hint: `Use --to ${TARGETS.join(' or --to ')}.`,
    })
  const config = await loadConfig(configPath())
  for (const [name, spec] of Object.entries(config.services))
    if (!spec.container) writeNotice(`services.${name} runs as a process, so it is not part of this`)
  const file = composeFile(config)
  process.stdout.write(target === 'docker' ? dockerCommands(file) : toYaml(file))
  return 0
}
