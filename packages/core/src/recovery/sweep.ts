import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { ProviderRef, ReapedObject, ReapScope } from '../contract/provider.ts'
import { abortable } from '../provider-kit/clock.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'
import { readDeadRuns, type JournaledRun } from './journal.ts'
import type { ProviderLoader } from './cached-provider-loader.ts'
import type { System } from './system.ts'

export interface SweepResult {
  readonly reaped: readonly ReapedObject[]
  /** What could not be removed, one line for each provider. */
  readonly failures: readonly string[]
}

export interface SweepOptions {
  readonly system: System
  readonly load: ProviderLoader
  /** Lists what would be removed, and removes nothing. */
  readonly dry?: boolean
}

// For one provider: a supervisor must not wait for ever for an engine that hangs.
const REAP_TIMEOUT_MS = 60_000

/**
 * Removes what dead supervisors left, by the journals in a folder. Providers in `labelled` also search their engine for
 * leftovers that no journal names.
 */
export async function sweep(
  folder: string,
  labelled: readonly ProviderRef[],
  options: SweepOptions,
): Promise<SweepResult> {
  const { system } = options
  const deadRuns = readDeadRuns(folder, (owner) => system.isAlive(owner)).map((run) => ({
    ...run,
    entries: run.entries.map((each) => ({ ...each, provider: withInstalledModule(each.provider, labelled) })),
  }))
  const refs = new Map(labelled.map((ref) => [ref.module, ref]))
  for (const { entries } of deadRuns) for (const { provider } of entries) refs.set(provider.module, provider)
  const reaped: ReapedObject[] = []
  const failed = new Map<string, string>()
  for (const ref of refs.values()) {
    try {
      reaped.push(...(await reap(ref, deadRuns, options)))
    } catch (error) {
      failed.set(ref.module, `${ref.name}: ${messageOf(error)}`)
    }
  }
  // A journal stays for the next sweep when something that it names could not be removed.
  for (const run of options.dry ? [] : deadRuns)
    if (!run.entries.some(({ provider }) => failed.has(provider.module))) forgetRun(run, system)
  return { reaped, failures: [...failed.values()] }
}

/** A journal outlives the copy of moorage that wrote it, as in a project that was deleted: another copy removes then. */
function withInstalledModule(ref: ProviderRef, installed: readonly ProviderRef[]): ProviderRef {
  if (!ref.module.startsWith('file:') || existsSync(fileURLToPath(ref.module))) return ref
  const module = installed.find(({ name }) => name === ref.name)?.module
  return module === undefined ? ref : { ...ref, module }
}

async function reap(
  ref: ProviderRef,
  deadRuns: readonly JournaledRun[],
  { load, system, dry = false }: SweepOptions,
): Promise<readonly ReapedObject[]> {
  const deadline = new AbortController()
  const cancel = system.clock.after(REAP_TIMEOUT_MS, () =>
    deadline.abort(new MoorageError('DEADLINE', `the engine did not answer within ${REAP_TIMEOUT_MS / 1000} s`)),
  )
  try {
    const reaping = load(ref).then((provider) =>
      provider.reap?.({ ...scopeOf(ref, deadRuns, system), ...(dry ? { dry } : {}) }, deadline.signal),
    )
    return (await abortable(reaping, deadline.signal)) ?? []
  } finally {
    cancel()
  }
}

function scopeOf(ref: ProviderRef, deadRuns: readonly JournaledRun[], system: System): ReapScope {
  const journals = deadRuns.map(({ run, owner, entries }) => ({
    run,
    owner,
    entries: entries.filter(({ provider }) => provider.module === ref.module).map(({ entry }) => entry),
  }))
  return { journals: journals.filter(({ entries }) => entries.length), alive: (owner) => system.isAlive(owner) }
}

function forgetRun({ file, paths }: JournaledRun, system: System): void {
  for (const each of paths) removePaths(each, system)
  rmSync(file, { force: true })
}

/** Removes a supervisor's socket and log, unless a successor has taken the lock: then they belong to the successor. */
export function removePaths(paths: SupervisorPaths, { takeLock }: Pick<System, 'takeLock'>): void {
  const lock = takeLock(paths.lock)
  if (!lock) return
  if (process.platform !== 'win32') rmSync(paths.socket, { force: true })
  rmSync(paths.log, { force: true })
  lock.release()
}
