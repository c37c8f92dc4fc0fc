import { loadConfig } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { writeNotice } from '../output.ts'
import { composeFile } from '../render/compose-file.ts'
import { dockerCommands } from '../render/docker-commands.ts'
import { toYaml } from '../render/yaml.ts'

/** Prints what would run, as a compose file or as docker commands. Starts nothing. Secrets are struck out. */
export async function runRender({ configPath, options }: Invocation): Promise<number> {
  const config = await loadConfig(configPath())
  for (const [name, spec] of Object.entries(config.services))
    if (!spec.container) writeNotice(`services.${name} runs as a process, so it is not part of this`)
  const file = composeFile(config)
  process.stdout.write(options['to'] === 'docker' ? dockerCommands(file) : toYaml(file))
  return 0
}
