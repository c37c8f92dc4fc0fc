import { dirname } from 'node:path'
import { loadConfig, listRuns, type LiveRun, type UnreachableRun } from '@moorage/core/runner'
import type { Invocation } from './command.ts'

/** A project's root folder. A config that no longer loads must not block `status`, `logs` and `down`. */
export async function projectRoot({ configPath }: Pick<Invocation, 'configPath'>): Promise<string> {
  let path: string
  try {
    path = configPath()
  } catch (error) {
    // Another branch may have no config. Runs that were started in this folder stay accessible all the same.
    const { visited, skipped } = await forEachRun(process.cwd(), () => Promise.resolve())
    if (visited || skipped.length) return process.cwd()
    throw error
  }
  const config = await loadConfig(path).catch(() => undefined)
  return config?.root ?? dirname(path)
}

export interface VisitedRuns {
  /** How many runs were visited. */
  readonly visited: number
  /** Runs that cannot be inspected. */
  readonly skipped: readonly UnreachableRun[]
}

/** Calls `visit` for each live run of a project and closes the connections. */
export async function forEachRun(root: string, visit: (run: LiveRun) => Promise<void>): Promise<VisitedRuns> {
  const { runs, unreachable } = await listRuns(process.env, { root })
  try {
    for (const run of runs) await visit(run)
  } finally {
    for (const { observer } of runs) observer.close()
  }
  return { visited: runs.length, skipped: unreachable }
}
