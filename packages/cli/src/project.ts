import { dirname } from 'node:path'
import { loadConfig, listRuns, type LiveRun } from '@moorage/core/runner'
import type { Invocation } from './command.ts'

/** A project's root folder. A config that no longer loads must not block `status`, `logs` and `down`. */
export async function projectRoot({ configPath }: Pick<Invocation, 'configPath'>): Promise<string> {
  let path: string
  try {
    path = configPath()
  } catch (error) {
    // Another branch may have no config. Runs that were started in this folder stay accessible all the same.
    if (await forEachRun(process.cwd(), () => Promise.resolve())) return process.cwd()
    throw error
  }
  const config = await loadConfig(path).catch(() => undefined)
  return config?.root ?? dirname(path)
}

/** Calls `visit` for each live run of a project and closes the connections. Returns the number of runs. */
export async function forEachRun(root: string, visit: (run: LiveRun) => Promise<void>): Promise<number> {
  const runs = await listRuns(process.env, root)
  try {
    for (const run of runs) await visit(run)
  } finally {
    for (const { inspector } of runs) inspector.close()
  }
  return runs.length
}
