import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  debugLog,
  processEntry,
  spawnOwned,
  type Exit,
  type Program,
  type Report,
  type Run,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { removeFolders } from './system/service-folders.ts'
import { unitMark } from './labels.ts'
import { LogBuffer } from './logs.ts'
import { prepareProgram } from './system/prepare-program.ts'
import { serviceEnvironment } from './system/service-environment.ts'
import { stopUnit, type RunningService } from './stop.ts'
import { createUnit } from './unit.ts'

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
    await (service ? stopUnit(service) : removeFolders(folders))
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
  const user = { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) }
  report.journal(processEntry({ mark, stopSignal }))
  const child = spawnOwned(program.command, { mark, stopSignal, cwd, env, user })
  debugLog('process')?.('spawn', { service: spec.name, child: child.pid, program: program.command[0], cwd })
  const logs = new LogBuffer()
  if (child.stdout) logs.addSource('stdout', child.stdout)
  if (child.stderr) logs.addSource('stderr', child.stderr)
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
      void Promise.race([closed, sleep(LAST_LINES_TIMEOUT_MS)]).then(() => {
        logs.end()
        resolve({ reason: 'exited', ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) })
      })
    })
  })
}
