import { dirname } from 'node:path'
import { collectGarbage, loadConfig } from '@moorage/core/runner'
import type { ProviderRef } from '@moorage/core'
import type { Invocation } from '../command.ts'
import { writeJson, writeNotice, writeSkippedRuns } from '../output.ts'

/** Removes what dead and failed runs left behind, on every provider that works here, and lists each object. */
export async function runGc({ installation, options, configPath }: Invocation): Promise<number> {
  const dry = options['dry-run'] === true
  const { reaped, failures, skipped } = await collectGarbage(
    await providersToCheck(installation.providers, configPath),
    {
      env: process.env,
      root: rootFolder(configPath),
      dry,
      signal: new AbortController().signal,
      failed: true,
    },
  )
  if (options['json']) writeJson({ dryRun: dry, removed: reaped, failures, skipped })
  else
    for (const { kind, id, run } of reaped)
      process.stdout.write(
        `${dry ? 'would remove' : 'removed'} ${kind} ${id}${run && run !== id ? ` of run ${run}` : ''}\n`,
      )
  if (!reaped.length && !failures.length) writeNotice('nothing to remove: dead runs left nothing behind')
  writeSkippedRuns(skipped)
  for (const failure of failures) writeNotice(`not removed: ${failure}`)
  return failures.length ? 1 : 0
}

/** Replaces the default provider of the same module by the config's, whose options may name another engine. */
async function providersToCheck(
  defaults: readonly ProviderRef[],
  configPath: Invocation['configPath'],
): Promise<readonly ProviderRef[]> {
  const configured = await Promise.resolve()
    .then(configPath)
    .then(loadConfig)
    .then(
      ({ provider }) => provider,
      () => undefined,
    )
  return configured ? [...defaults.filter(({ module }) => module !== configured.module), configured] : defaults
}

function rootFolder(configPath: Invocation['configPath']): string {
  try {
    return dirname(configPath())
  } catch {
    return process.cwd()
  }
}
