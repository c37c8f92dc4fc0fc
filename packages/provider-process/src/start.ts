import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  debugLog,
  type Exit,
  type Program,
  type Report,
  type Run,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { removeFolders } from './system/folders.ts'
import { unitMark } from './labels.ts'
import { LogBuffer } from './logs.ts'
import { prepareProgram } from './system/prepare-program.ts'
import { serviceEnvironment } from './system/environment.ts'
import { STOP_GRACE_SECONDS } from './stop.ts'
import { createUnit, stopService, type RunningService } from './unit.ts'
import { withWatcher } from './system/watcher.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly run: Run
  readonly report: Report
}

// After the process has ended. A child that holds the pipe open must not delay the exit.
const LAST_LINES_TIMEOUT_MS = 100

/**
 * Starts a service as a process. Resolves when the process runs; core then checks whether it is ready. Throws
 * `MoorageError` (CONFIG_INVALID, PROGRAM_NOT_FOUND), or rejects with the reason of the signal; nothing is left then.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  signal.throwIfAborted()
  const folders: string[] = []
  let service: RunningService | undefined
  try {
    const program = await prepareProgram({ ...context, folders }, spec, signal)
    signal.throwIfAborted()
    context.report.phase(spec.name, 'start')
    service = await spawnService(context, spec, { program, folders })
    signal.throwIfAborted()
    return createUnit(service)
  } catch (error) {
    await (service ? stopService(service) : removeFolders(folders))
    throw error
  }
}

async function spawnService(
  { run, report }: SessionContext,
  spec: UnitSpec,
  { program, folders }: { readonly program: Program; readonly folders: readonly string[] },
): Promise<RunningService> {
  const { stopSignal = 'SIGTERM', cwd = run.root, uid, gid } = program
  const mark = unitMark(run.id, spec.name)
  const env = serviceEnvironment(program, spec)
  report.journal({ kind: 'unit', unit: mark.id, lockLimit: mark.lockLimit, stopSignal })
  const [shell, args] = withWatcher({ mark, stopSignal, graceSeconds: STOP_GRACE_SECONDS }, program.command)
  const user = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) }
  const child = spawn(shell, args, {
    cwd,
    env,
    // A process group of its own: a terminal's Ctrl-C does not reach it, and one signal ends the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...user,
  })
  debugLog('process')?.('spawn', { service: spec.name, child: child.pid, program: program.command[0], cwd })
  const logs = new LogBuffer()
  if (child.stdout) logs.addSource('stdout', child.stdout)
  if (child.stderr) logs.addSource('stderr', child.stderr)
  child.stdio[3]?.on('error', () => {})
  const exit = waitForExit(child, logs)
  await Promise.race([once(child, 'spawn'), exit])
  return { child, mark, stopSignal, exit, logs, cwd, env, user, folders }
}

function waitForExit(child: ChildProcess, logs: LogBuffer): Promise<Exit> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return new Promise((resolve) => {
    child.once('error', (error) => {
      debugLog('process')?.('spawn failed', { error: error.message })
      resolve({ reason: 'exited', code: 127, detail: error.message })
    })
    child.once('exit', (code, signal) => {
      debugLog('process')?.('exit', { child: child.pid, code, signal })
      // The end of this pipe makes the watcher end what is left of the group.
      child.stdio[3]?.destroy()
      void Promise.race([closed, sleep(LAST_LINES_TIMEOUT_MS)]).then(() => {
        logs.end()
        resolve({ reason: 'exited', ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) })
      })
    })
  })
}
