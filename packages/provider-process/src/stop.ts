import { endProcess, type OwnedProcess } from '@moorage/core/provider'
import type { ExecOptions } from './exec.ts'
import type { LogBuffer } from './logs.ts'
import { removeFolders } from './system/service-folders.ts'

export interface RunningService extends OwnedProcess {
  readonly logs: LogBuffer
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Whom it runs as. Empty for the supervisor's user. */
  readonly user: ExecOptions['user']
  /** Temporary folders that go with it. */
  readonly folders: readonly string[]
}

/** Ends a service, then removes its folders and its log. Resolves when no process of it is left. */
export async function stopUnit(service: RunningService): Promise<void> {
  await endProcess(service)
  service.logs.clear()
  await removeFolders(service.folders)
}
