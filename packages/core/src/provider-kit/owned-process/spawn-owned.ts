import { spawn, type ChildProcess } from 'node:child_process'
import type { JsonObject } from '../../contract/json.ts'
import { STOP_GRACE_SECONDS } from './end-process.ts'
import type { ProcessMark } from './process-mark.ts'
import { withWatcher } from './shell-watcher.ts'

export interface OwnedSpawn {
  readonly mark: ProcessMark
  readonly stopSignal: NodeJS.Signals
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** The user that it runs as. Empty for the supervisor's user. */
  readonly user?: { readonly uid?: number; readonly gid?: number }
  /** Standard input, and the descriptors from 4 on. Default: no input. Descriptor 3 belongs to the watcher. */
  readonly stdin?: 'ignore' | 'pipe'
  readonly moreDescriptors?: readonly 'pipe'[]
}

/** The journal's entry for a marked process. The host's provider reaps it if its supervisor dies. */
export function processEntry({ mark, stopSignal }: Pick<OwnedSpawn, 'mark' | 'stopSignal'>): JsonObject {
  return { kind: 'unit', unit: mark.id, lockLimit: mark.lockLimit, stopSignal }
}

/**
 * Runs a command as a process that ends with this one: a watcher ends it and its children however this process dies.
 * The journal must have its entry before.
 */
export function spawnOwned(command: readonly string[], options: OwnedSpawn): ChildProcess {
  const { mark, stopSignal, cwd, env, user = {}, stdin = 'ignore', moreDescriptors = [] } = options
  const [shell, args] = withWatcher({ mark, stopSignal, graceSeconds: STOP_GRACE_SECONDS }, command)
  const child = spawn(shell, args, {
    cwd,
    env,
    // A process group of its own: a terminal's Ctrl-C does not reach it, and one signal ends the whole group.
    detached: true,
    stdio: [stdin, 'pipe', 'pipe', 'pipe', ...moreDescriptors],
    ...user,
  })
  child.stdio[3]?.on('error', () => {})
  // The end of this pipe makes the watcher end what is left of the group.
  child.once('exit', () => child.stdio[3]?.destroy())
  return child
}
