import type { EnvVariables } from '../config/url-variables.ts'
import { messageOf } from '../contract/errors.ts'
import type { ProbeResult, ProviderRef, ReapedObject } from '../contract/provider.ts'
import { runFolder } from '../protocol/paths.ts'
import { createCachedProviderLoader } from '../recovery/cached-provider-loader.ts'
import { sweep, type SweepResult } from '../recovery/sweep.ts'
import { realSystem } from '../recovery/system.ts'
import { listRuns, type UnreachableRun } from './list-runs.ts'

export interface GcResult extends SweepResult {
  /** Living runs that could not be asked whether they have failed. */
  readonly skipped: readonly UnreachableRun[]
}

export interface GcOptions {
  readonly env: EnvVariables
  /** The folder from which packages are resolved. */
  readonly root: string
  /** Lists what would be removed, and removes nothing. */
  readonly dry: boolean
  /** Also removes runs that are kept because they failed. */
  readonly failed: boolean
  readonly signal: AbortSignal
  /** Milliseconds for the greeting of a supervisor. Default: 5,000. */
  readonly greetingMs?: number
}

/**
 * Removes what provably belongs to moorage and is no longer used: what the journals of dead supervisors name, what
 * providers find by its label and dead owner, and failed runs. Failures are part of the result. Throws MoorageError
 * (SUPERVISOR_FAILED) where the run folder cannot be used.
 */
export async function collectGarbage(providers: readonly ProviderRef[], options: GcOptions): Promise<GcResult> {
  const { env, root, dry, failed, signal } = options
  const system = realSystem()
  const load = createCachedProviderLoader(system, () => root)
  const runs: GcResult = failed ? await removeFailedRuns(options) : { reaped: [], failures: [], skipped: [] }
  const probes = await probeAll(providers, root, signal)
  const available = providers.filter(({ name }) => probes.get(name)?.ok)
  const swept = await sweep(runFolder(env), available, { system, load, dry })
  return {
    reaped: [...runs.reaped, ...swept.reaped],
    failures: [...runs.failures, ...swept.failures],
    skipped: runs.skipped,
  }
}

/** The probe result of each provider, by its name. An error that a provider throws is a result as well. */
export async function probeAll(
  providers: readonly ProviderRef[],
  root: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const load = createCachedProviderLoader(realSystem(), () => root)
  const probe = async (ref: ProviderRef): Promise<ProbeResult> => {
    try {
      return await (await load(ref)).probe(signal)
    } catch (error) {
      return { ok: false, reason: messageOf(error), fix: 'this is a bug in that provider' }
    }
  }
  return new Map(await Promise.all(providers.map(async (ref) => [ref.name, await probe(ref)] as const)))
}

async function removeFailedRuns({ env, dry, greetingMs }: GcOptions): Promise<GcResult> {
  const reaped: ReapedObject[] = []
  const failures: string[] = []
  const { runs, unreachable } = await listRuns(env, greetingMs === undefined ? {} : { greetingMs })
  const skipped = [...unreachable]
  const visits = runs.map(async ({ run, root, observer }) => {
    try {
      const status = await observer.status()
      if (status?.retention?.reason !== 'failed' || status.users) return
      if (!dry) failures.push(...(await observer.endRetention()).failures)
      reaped.push({ kind: 'run', id: run, run })
    } catch (error) {
      skipped.push({ run, root, reason: messageOf(error) })
    } finally {
      observer.close()
    }
  })
  await Promise.all(visits)
  return { reaped, failures, skipped }
}
