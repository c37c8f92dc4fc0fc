import type { EnvVariables } from '../config/url-variables.ts'
import { isMoorageError, withHintLine } from '../contract/errors.ts'
import type { ProgressListener } from '../contract/progress.ts'
import { debugFile, enabledAreas } from '../debug/enabled-areas.ts'

export interface DebugLogOptions {
  readonly env: EnvVariables
  /** The supervisor's log; the debug log stands beside it. */
  readonly log: string
  readonly onProgress: ProgressListener
}

/**
 * Does the work with the debug log that `MOORAGE_DEBUG` asks for; an error of the work then names its file. Throws
 * MoorageError (USAGE) when `MOORAGE_DEBUG` lists an unknown area.
 */
export async function withDebugLog<T>({ env, log, onProgress }: DebugLogOptions, work: () => Promise<T>): Promise<T> {
  const areas = enabledAreas(env)
  if (!areas) return await work()
  const { startDebugFile } = await import('../debug/debug-file.ts')
  startDebugFile(log, { areas, role: 'runner' })
  onProgress({ kind: 'notice', text: `The debug log is ${debugFile(log)}.` })
  return await nameDebugLog({ env, log }, work())
}

/** Adds the file of the debug log, where there is one, to the error of some work. */
export async function nameDebugLog<T>({ env, log }: Omit<DebugLogOptions, 'onProgress'>, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw enabledAreas(env) && isMoorageError(error)
      ? withHintLine(error, `The debug log is ${debugFile(log)}.`)
      : error
  })
}
