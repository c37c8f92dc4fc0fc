import type { AnyConfig } from '@moorage/core'
import { loadConfig, renderRun } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { writeNotice } from '../output.ts'
import { composeFile } from '../render/compose-file.ts'
import { dockerCommands } from '../render/docker-commands.ts'
import type { RenderTarget } from '../render/render-targets.ts'
import { toYaml, toYamlDocuments } from '../render/yaml.ts'

type Print = (config: AnyConfig, installation: Invocation['installation']) => string | Promise<string>

const PRINT: { readonly [target in RenderTarget]: Print } = {
  compose: (config) => toYaml(composeFile(config)),
  docker: (config) => dockerCommands(composeFile(config)),
  kubernetes: async (config, { providers }) => {
    const { objects, notes } = await renderRun(config, { provider: 'kubernetes', providers, env: process.env })
    return toYamlDocuments(objects, notes)
  },
}

/** Prints what would run. Starts nothing. Secrets are struck out. */
export async function runRender({ configPath, options, installation }: Invocation): Promise<number> {
  const config = await loadConfig(configPath())
  for (const [name, spec] of Object.entries(config.services))
    if (!spec.container) writeNotice(`services.${name} runs as a process, so this output does not contain it`)
  const target = (options['to'] ?? 'compose') as RenderTarget
  process.stdout.write(await PRINT[target](config, installation))
  return 0
}
