import { dirname } from 'node:path'
import { collectGarbage, loadConfig } from '@moorage/core/runner'
import type { ProviderRef } from '@moorage/core'
import type { Invocation } from '../main.ts'

/** Removes what is provably ours and expired, on every provider that can be used here, and says what it was. */
export async function gc({ installation, options, file }: Invocation): Promise<number> {
  const dry = options['dry-run'] === true
  const { reaped, failures } = await collectGarbage(await providersOf(installation.providers, file), {
    env: process.env,
    root: root(file),
    dry,
    signal: new AbortController().signal,
    failed: true,
  })
  if (options['json']) process.stdout.write(`${JSON.stringify({ dryRun: dry, removed: reaped, failures }, null, 2)}\n`)
  else
    for (const { kind, id, run } of reaped)
      process.stdout.write(
        `${dry ? 'would remove' : 'removed'} ${kind} ${id}${run && run !== id ? ` of run ${run}` : ''}\n`,
      )
  if (!reaped.length && !failures.length) process.stderr.write('moorage: nothing is left of dead runs\n')
  for (const failure of failures) process.stderr.write(`moorage: not removed: ${failure}\n`)
  return failures.length ? 1 : 0
}

/** With a config its own provider comes instead of the plain one of that name. */
async function providersOf(known: readonly ProviderRef[], file: Invocation['file']): Promise<readonly ProviderRef[]> {
  const own = await Promise.resolve()
    .then(file)
    .then(loadConfig)
    .then(
      ({ provider }) => provider,
      () => undefined,
    )
  return own ? [...known.filter(({ module }) => module !== own.module), own] : known
}

function root(file: Invocation['file']): string {
  try {
    return dirname(file())
  } catch {
    return process.cwd()
  }
}
