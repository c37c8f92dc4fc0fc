import type { Environ } from '../config/env-variables.ts'
import { messageOf } from '../contract/errors.ts'
import type { Probed, ProviderRef, Reaped } from '../contract/provider.ts'
import { standing } from './detached-run.ts'
import { loader } from '../supervisor/supervisor-context.ts'
import { thisMachine } from '../recovery/system.ts'
import { runFolder } from '../protocol/paths.ts'
import { sweep, type Swept } from '../recovery/sweep.ts'

export type Collected = Swept

export interface Collecting {
  readonly env: Environ
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
export async function collect(providers: readonly ProviderRef[], { env, root, dry, failed: also, signal }: Collecting): Promise<Collected> {
  const machine = thisMachine()
  const load = loader(machine, () => root)
  const failed: Swept = also ? await failedRuns(env, dry) : { reaped: [], failures: [] }
  const probed = await probeAll(providers, root, signal)
  const usable = providers.filter(({ name }) => probed.get(name)?.ok)
  const swept = await sweep(runFolder(env), usable, { machine, load, dry })
  return { reaped: [...failed.reaped, ...swept.reaped], failures: [...failed.failures, ...swept.failures] }
}

/** What each provider says of itself, by name. */
export async function probeAll(providers: readonly ProviderRef[], root: string, signal: AbortSignal = new AbortController().signal): Promise<ReadonlyMap<string, Probed>> {
  const load = loader(thisMachine(), () => root)
  const defect = (error: unknown): Probed => ({ ok: false, reason: messageOf(error), fix: 'this is a defect of that provider' })
  return new Map(await Promise.all(providers.map(async (ref) => [ref.name, await load(ref).then((provider) => provider.probe(signal)).catch(defect)] as const)))
}

async function failedRuns(env: Environ, dry: boolean): Promise<Swept> {
  const reaped: Reaped[] = []
  const failures: string[] = []
  for (const { run, visit } of await standing(env)) {
    const status = await visit.status()
    if (status?.stays?.reason === 'failed' && !status.users) {
      if (!dry) failures.push(...(await visit.release()).failures)
      reaped.push({ kind: 'run', id: run, run })
    }
    visit.close()
  }
  return { reaped, failures }
}
