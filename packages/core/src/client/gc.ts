import type { EnvVariables } from '../config/env-variables.ts'
import { messageOf } from '../contract/errors.ts'
import type { ProbeResult, ProviderRef, ReapedObject } from '../contract/provider.ts'
import { listRuns } from './detached-run.ts'
import { providerLoader } from '../supervisor/supervisor-context.ts'
import { realSystem } from '../recovery/system.ts'
import { runFolder } from '../protocol/paths.ts'
import { sweep, type SweepResult } from '../recovery/sweep.ts'

export type GcResult = SweepResult

export interface GcOptions {
  readonly env: EnvVariables
  /** Packages are resolved from there. */
  readonly root: string
  /** Only tells what would be removed. */
  readonly dry: boolean
  /** Also runs that stay only because something has failed. */
  readonly failed: boolean
  readonly signal: AbortSignal
}

/**
 * Removes what is provably ours and expired: what dead supervisors wrote down, what providers know by its label and
 * dead owner, and runs that stay only because something failed. Nothing that lives or is foreign.
 */
export async function collectGarbage(
  providers: readonly ProviderRef[],
  { env, root, dry, failed: also, signal }: GcOptions,
): Promise<GcResult> {
  const machine = realSystem()
  const load = providerLoader(machine, () => root)
  const failed: SweepResult = also ? await failedRuns(env, dry) : { reaped: [], failures: [] }
  const probed = await probeAll(providers, root, signal)
  const usable = providers.filter(({ name }) => probed.get(name)?.ok)
  const swept = await sweep(runFolder(env), usable, { machine, load, dry })
  return { reaped: [...failed.reaped, ...swept.reaped], failures: [...failed.failures, ...swept.failures] }
}

/** What each provider says of itself, by name. */
export async function probeAll(
  providers: readonly ProviderRef[],
  root: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const load = providerLoader(realSystem(), () => root)
  const defect = (error: unknown): ProbeResult => ({
    ok: false,
    reason: messageOf(error),
    fix: 'this is a defect of that provider',
  })
  return new Map(
    await Promise.all(
      providers.map(
        async (ref) =>
          [
            ref.name,
            await load(ref)
              .then((provider) => provider.probe(signal))
              .catch(defect),
          ] as const,
      ),
    ),
  )
}

async function failedRuns(env: EnvVariables, dry: boolean): Promise<SweepResult> {
  const reaped: ReapedObject[] = []
  const failures: string[] = []
  for (const { run, inspector } of await listRuns(env)) {
    const status = await inspector.status()
    if (status?.stays?.reason === 'failed' && !status.users) {
      if (!dry) failures.push(...(await inspector.release()).failures)
      reaped.push({ kind: 'run', id: run, run })
    }
    inspector.close()
  }
  return { reaped, failures }
}
