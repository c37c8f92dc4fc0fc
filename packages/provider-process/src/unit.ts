import { findMarkedProcesses, type Unit } from '@moorage/core/provider'
import { createEndpointResolver } from './endpoint.ts'
import { execInUnit } from './exec.ts'
import { readLogs } from './logs.ts'
import { describeListeners } from './system/listeners.ts'
import { stopUnit, type RunningService } from './stop.ts'

/** The unit of a running process. */
export function createUnit(service: RunningService): Unit {
  const { mark, logs, cwd, env, user } = service
  let stopping: Promise<void> | undefined
  return {
    endpoint: createEndpointResolver(user.uid),
    logs: (options) => readLogs(logs, options),
    // Never settles once the unit is being stopped.
    exited: service.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop: () => (stopping ??= stopUnit(service)),
    listeners: () =>
      Promise.resolve(process.platform === 'linux' ? describeListeners(findMarkedProcesses(mark)) : undefined),
    // The shell is the user's own and runs as the user, even if the service runs as another one.
    shell: () => ({ cwd, env: Object.fromEntries(Object.entries(env).filter(isSet)) }),
    exec: (command, signal) => execInUnit({ command, cwd, env, user, mark }, signal),
  }
}

function isSet(entry: [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}
