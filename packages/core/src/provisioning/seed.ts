import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { abortable } from '../provider-kit/clock.ts'
import { LastLines } from '../provider-kit/last-lines.ts'
import { siblingModule } from '../provider-kit/sibling-module.ts'
import { endProcess } from '../provider-kit/owned-process/end-process.ts'
import { createProcessMark } from '../provider-kit/owned-process/process-mark.ts'
import { processEntry, spawnOwned } from '../provider-kit/owned-process/spawn-owned.ts'
import type { StartContext } from './start-context.ts'
import type { FileRef, IsolateSpec, PlainConnection, SeedSpec } from '../contract/service.ts'

const MAX_LOG_LINES = 20
// Of what the process reports beside its output: an error without its stack.
const MAX_RESULT_CHARACTERS = 1024 * 1024
// After the process has ended: a child of it may hold its output open until the watcher ends it.
const LAST_OUTPUT_TIMEOUT_MS = 1_000
const OPEN_OUTPUT_TIMEOUT_MS = 100
// The watcher has the fourth descriptor.
const RESULT_DESCRIPTOR = 4

export interface SeedInput {
  /** The connection that tests get. */
  readonly connection: PlainConnection
  /** The folder of the user's project. */
  readonly root: string
  readonly signal: AbortSignal
  /** What makes its process belong to the run, as the services do. */
  readonly context: Pick<StartContext, 'tasks' | 'runId' | 'journalProcess'>
}

/** Runs the seed of a service. Throws `MoorageError` (SEED_FAILED) with the last lines that it wrote. */
export async function runSeed(service: string, seed: SeedSpec, input: SeedInput): Promise<void> {
  const failure = await runModule(
    { service, function: 'seed', module: seed.module, options: seed.options ?? {} },
    input,
  )
  if (!failure) return
  throw new MoorageError('SEED_FAILED', `services.${service}.seed: ${failureText(seed, failure)}`, {
    service,
    phase: 'ready',
    logs: failure.logs,
    hint: failure.hint ?? 'Correct the seed. It is called with the connection that tests get.',
    ...(failure.error ? { cause: failure.error } : {}),
  })
}

/** Runs the module that prepares a service for its tests. Throws `MoorageError` (START_FAILED). */
export async function runPrepare(service: string, { module, options = {} }: SeedSpec, input: SeedInput): Promise<void> {
  const failure = await runModule({ service, function: 'prepare', module, options }, input)
  if (!failure) return
  throw new MoorageError('START_FAILED', `services.${service}: ${failure.message ?? 'its preparation failed.'}`, {
    service,
    phase: 'ready',
    logs: failure.logs,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.error ? { cause: failure.error } : {}),
  })
}

function failureText(seed: SeedSpec, { message, exitCode }: ModuleFailure): string {
  if (message !== undefined) return message
  // The message names the user's own files, not the module of a preset that reads them.
  const files = seed.options?.['files'] as unknown as readonly FileRef[] | undefined
  const file = (files ?? [seed.module]).map(({ $file }) => $file).join(', ')
  // A process that calls process.exit(0) has not finished its seed.
  if (exitCode === 0) return `${file} ended before its seed had finished: it calls process.exit().`
  return `${file} failed${exitCode === null ? '' : ` with exit code ${exitCode}`}.`
}

/** Stores the state after the seed as the template of all slots. Throws `MoorageError` (ISOLATION_FAILED). */
export async function runCreateTemplate(service: string, { module }: IsolateSpec, input: SeedInput): Promise<void> {
  const failure = await runModule({ service, function: 'createTemplate', module, options: {} }, input)
  if (!failure) return
  throw new MoorageError(
    'ISOLATION_FAILED',
    `services.${service}.isolate: the template of the database could not be created.`,
    {
      service,
      phase: 'ready',
      logs: failure.logs,
      hint: "The last log lines show why. If another service needs this one as 'started', it may already use the database: change that need to 'ready'.",
      ...(failure.error ? { cause: failure.error } : {}),
    },
  )
}

/** The member of a service that asks for a function, by the function's name. */
const OPTION_BY_FUNCTION = { prepare: 'prepare', seed: 'seed', createTemplate: 'isolate' } as const

interface ModuleCall {
  readonly service: string
  /** The name of the exported function. */
  readonly function: keyof typeof OPTION_BY_FUNCTION
  readonly module: FileRef
  readonly options: JsonObject
}

/** What the process of a module writes when its function has ended. */
interface ModuleResult {
  readonly done?: true
  readonly message?: string
  readonly hint?: string
}

interface ModuleFailure {
  /** The text of a `MoorageError` that the function threw. */
  readonly message?: string
  /** The hint of that error. */
  readonly hint?: string
  /** Null if a signal ended the process, or if it could not be started. */
  readonly exitCode: number | null
  readonly error?: Error
  readonly logs: readonly string[]
}

/** The titles of the tasks that prepare or seed a service, or create its template. */
export function seedTasks(service: string): readonly string[] {
  return Object.values(OPTION_BY_FUNCTION).map((option) => `services.${service}.${option}`)
}

/**
 * Calls a function of a module in a separate process, so that its crash does not end the supervisor. The process and
 * its children end when the function has ended, and with the run, as those of a service do.
 */
async function runModule(
  call: ModuleCall,
  { connection, root, signal, context }: SeedInput,
): Promise<ModuleFailure | undefined> {
  const { service, module, options } = call
  const option = OPTION_BY_FUNCTION[call.function]
  const main = fileURLToPath(siblingModule(import.meta.url, 'seed-main'))
  const owned = {
    mark: createProcessMark(`${context.runId}/${service}.${option}/`),
    stopSignal: 'SIGTERM' as const,
  }
  let end = async (): Promise<void> => {}
  const input = `${JSON.stringify({ connection, options, root })}\n`
  const { exit, result, output } = await context.tasks.run({
    title: `services.${service}.${option}`,
    needs: [`services.${service}`],
    async setup() {
      context.journalProcess(processEntry(owned))
      const child = spawnOwned([process.execPath, main, module.$file, call.function], {
        ...owned,
        cwd: root,
        env: withoutLibpqVariables(process.env),
        stdin: 'pipe',
        moreDescriptors: ['pipe'],
      })
      const run = readRun(child)
      let ending: Promise<void> | undefined
      const exited = run.exited.then(() => ({ reason: 'exited' as const }))
      end = () => (ending ??= endProcess({ child, ...owned, exit: exited }))
      const stdin = child.stdin as Writable
      // The pipe stays open, because its end tells the child process that the supervisor is gone.
      stdin.on('error', () => {})
      stdin.write(input)
      return await abortable(run.ended, signal).catch((error: unknown) => {
        void end()
        throw error
      })
    },
    teardown: () => end(),
  })
  const { done, ...failure } = JSON.parse(result || '{}') as ModuleResult
  if (done && exit.exitCode === 0) return undefined
  return { ...exit, ...failure, logs: output.lines.filter((line) => line.trim()) }
}

type ModuleExit = Pick<ModuleFailure, 'exitCode' | 'error'>

interface ModuleRun {
  readonly exit: ModuleExit
  readonly result: string
  readonly output: LastLines
}

/** Reads what a process writes. `exited` settles at its end, `ended` when its output is read as well. */
function readRun(child: ChildProcess): { readonly exited: Promise<ModuleExit>; readonly ended: Promise<ModuleRun> } {
  let result = ''
  const results = child.stdio[RESULT_DESCRIPTOR] as Readable
  results.setEncoding('utf8').on('data', (text: string) => (result = (result + text).slice(0, MAX_RESULT_CHARACTERS)))
  const output = new LastLines({ lines: MAX_LOG_LINES })
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (text: string) => output.addText(stream, text))
  const closed = once(child, 'close').catch(() => {})
  const reported = once(results, 'end').catch(() => {})
  const exited = new Promise<ModuleExit>((done) => {
    child.once('error', (error) => done({ exitCode: null, error }))
    child.once('exit', (exitCode) => done({ exitCode }))
  })
  const ended = exited.then(async (exit) => {
    const read = Promise.all([reported, sleep(OPEN_OUTPUT_TIMEOUT_MS)])
    if (!exit.error) await Promise.race([closed, read, sleep(LAST_OUTPUT_TIMEOUT_MS)])
    return { exit, result, output }
  })
  return { exited, ended }
}

/**
 * The environment without the variables of libpq, such as PGSSLMODE and PGOPTIONS: they are meant for the databases of
 * the user's shell, and drivers apply them to every connection.
 */
function withoutLibpqVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PG[A-Z]+$/.test(name)))
}
