import type { Unit } from '@moorage/core/provider'
import { resolveEndpoint } from './endpoint.ts'
import { execInUnit, type ExecOptions } from './exec.ts'
import { removeFolders } from './system/folders.ts'
import { readLogs, type LogBuffer } from './logs.ts'
import { stopUnit, type RunningProcess } from './stop.ts'

export interface RunningService extends RunningProcess {
  readonly logs: LogBuffer
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Whom it runs as. Empty for the supervisor's user. */
  readonly user: ExecOptions['user']
  /** Temporary folders that go with it. */
  readonly folders: readonly string[]
}

/** The unit of a running process. */
export function createUnit(service: RunningService): Unit {
  const { mark, logs, cwd, env, user } = service
  let stopping: Promise<void> | undefined
  return {
    endpoint: resolveEndpoint,
    logs: (options) => readLogs(logs, options),
    // Never settles once the unit is being stopped.
    exited: service.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop: () => (stopping ??= stopService(service)),
    exec: (command, signal) => execInUnit({ command, cwd, env, user, mark }, signal),
  }
}

/** Ends a service, then removes its folders and its log. */
export async function stopService(service: RunningService): Promise<void> {
  await stopUnit(service)
  service.logs.clear()
  await removeFolders(service.folders)
}
