import type { Unit } from '@moorage/core/provider'
import { resolveEndpoint } from './endpoint.ts'
import { execInUnit } from './exec.ts'
import { readLogs, type LogBuffer } from './logs.ts'
import { stopUnit, type RunningProcess } from './stop.ts'

export interface RunningService extends RunningProcess {
  readonly logs: LogBuffer
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** The unit of a running process. */
export function createUnit(service: RunningService): Unit {
  const { mark, logs, cwd, env } = service
  let stopping: Promise<void> | undefined
  return {
    endpoint: resolveEndpoint,
    logs: (options) => readLogs(logs, options),
    // Never settles once the unit is being stopped.
    exited: service.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop: () => (stopping ??= stopUnit(service)),
    exec: (command, signal) => execInUnit({ command, cwd, env, mark }, signal),
  }
}
