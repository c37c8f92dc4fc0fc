import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit, Program, Report, Run, Unit, UnitSpec } from '@moorage/core/provider'
import { commandOf } from './command.ts'
import { execIn } from './exec.ts'
import { LogStore } from './logs.ts'
import type { Reserved } from './endpoint.ts'
import { stopUnit } from './stop.ts'
import { wrap } from './watcher.ts'

/** What the starts of one session share. */
export interface Work {
  readonly run: Run
  readonly report: Report
  /** To be removed at the end. */
  readonly folders: string[]
  readonly reserved: Reserved
}

export interface Running {
  readonly child: ChildProcess
  readonly unit: string
  readonly stopSignal: NodeJS.Signals
  readonly logs: LogStore
  readonly ended: Promise<Exit>
}

// Seconds between the stop signal and the kill.
export const GRACE = 5

/** Starts a service as a process; resolves when it runs, which says nothing of its readiness. */
export async function startUnit(work: Work, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  signal.throwIfAborted()
  const program = await commandOf(work, spec, signal)
  signal.throwIfAborted()
  work.report.phase(spec.name, 'start')
  const running = await launch(work, spec, program)
  // From here on there is something to stop, whoever aborts.
  if (signal.aborted) {
    await stopUnit(running)
    throw signal.reason
  }
  let stopping: Promise<void> | undefined
  const exited = running.ended.then((exit) => (stopping ? new Promise<never>(() => {}) : exit))
  return {
    endpoint: (port) => Promise.resolve({ host: '127.0.0.1', port }),
    logs: (options) => running.logs.read(options),
    exited,
    stop: () => (stopping ??= stopUnit(running)),
    exec: (command, abort) =>
      execIn({ command, cwd: program.cwd ?? work.run.root, env: envOf(spec, program), unit: running.unit }, abort),
  }
}

async function launch({ run, report }: Work, spec: UnitSpec, program: Program): Promise<Running> {
  const { stopSignal = 'SIGTERM', uid, gid } = program
  // The slash at its end keeps `db` from being found in `db2`.
  const unit = `${run.id}/${spec.name}/`
  report.journal({ kind: 'unit', unit, stopSignal })
  const [shell, args] = wrap({ unit, stopSignal, grace: GRACE }, program.command)
  const child = spawn(shell, args, {
    cwd: program.cwd,
    env: envOf(spec, program),
    // A group of its own, so that a terminal's Ctrl-C does not reach it, and all of it can be ended at once.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  const logs = new LogStore()
  if (child.stdout) logs.take('stdout', child.stdout)
  if (child.stderr) logs.take('stderr', child.stderr)
  child.stdio[3]?.on('error', () => {})
  const ended = endOf(child, logs)
  await Promise.race([once(child, 'spawn'), ended])
  return { child, unit, stopSignal, logs, ended }
}

// Milliseconds for the last lines to arrive after the end; a child that holds the pipe does not hold us up.
const LAST_LINES = 100

function endOf(child: ChildProcess, logs: LogStore): Promise<Exit> {
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  return new Promise((done) => {
    child.once('error', (error) => done({ reason: 'exited', code: 127, detail: error.message }))
    child.once('exit', (code, signal) => {
      // The watcher's turn: what is left of the group goes with it.
      child.stdio[3]?.destroy()
      void Promise.race([closed, sleep(LAST_LINES)]).then(() => {
        logs.end()
        done({ reason: 'exited', ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) })
      })
    })
  })
}

function envOf(spec: UnitSpec, program: Program): NodeJS.ProcessEnv {
  return { ...process.env, ...program.env, ...spec.env }
}

export async function removeFolders(folders: readonly string[]): Promise<void> {
  await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })))
}
