import { dirname } from 'node:path'
import type { AnyConfig } from '@moorage/core'
import { loadConfig, listRuns, type LiveRun } from '@moorage/core/runner'
import type { Invocation } from './main.ts'

/** A project's folder. A config that cannot be loaded any more must not keep anybody from looking, and from `down`. */
export async function rootOf({ file }: Pick<Invocation, 'file'>): Promise<string> {
  let path: string
  try {
    path = file()
  } catch (error) {
    // Another branch may have none: what was started here can be looked at, and ended, all the same.
    if (await eachRun(process.cwd(), () => Promise.resolve())) return process.cwd()
    throw error
  }
  const config: AnyConfig | undefined = await loadConfig(path).catch(() => undefined)
  return config?.root ?? dirname(path)
}

/** Calls back with every run of the project that lives, and ends the visits. Gives how many there were. */
export async function eachRun(root: string, look: (standing: LiveRun) => Promise<void>): Promise<number> {
  const found = await listRuns(process.env, root)
  try {
    for (const one of found) await look(one)
  } finally {
    for (const { inspector } of found) inspector.close()
  }
  return found.length
}
