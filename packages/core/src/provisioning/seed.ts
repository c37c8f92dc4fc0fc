import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { LastLines } from '../provider-kit/last-lines.ts'
import { siblingModule } from '../provider-kit/module-path.ts'
import type { FileRef, IsolateSpec, PlainConnection, SeedSpec } from '../contract/service.ts'

const MAX_LOG_LINES = 20
// Of what the process reports beside its output: an error without its stack.
const MAX_RESULT_CHARACTERS = 1024 * 1024

export interface SeedInput {
  /** The connection that tests get. */
  readonly connection: PlainConnection
  /** The folder of the user's project. */
  readonly root: string
  readonly signal: AbortSignal
}

/** Runs the seed of a service. Throws `MoorageError` (SEED_FAILED) with the last lines that it wrote. */
export async function runSeed(service: string, seed: SeedSpec, input: SeedInput): Promise<void> {
  const failure = await runModule({ function: 'seed', module: seed.module, options: seed.options ?? {} }, input)
  if (!failure) return
  throw new MoorageError('SEED_FAILED', `services.${service}.seed: ${failureText(seed, failure)}`, {
    service,
    phase: 'ready',
    logs: failure.logs,
    hint: failure.hint ?? 'Correct the seed. It is called with the connection that tests get.',
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
  const failure = await runModule({ function: 'createTemplate', module, options: {} }, input)
  if (!failure) return
  throw new MoorageError(
    'ISOLATION_FAILED',
    `services.${service}.isolate: the state that tests start from could not be saved.`,
    {
      service,
      phase: 'ready',
      logs: failure.logs,
      hint: "The last log lines show why. A service that needs this one as 'started' may be using it: let it need 'ready'.",
      ...(failure.error ? { cause: failure.error } : {}),
    },
  )
}

interface ModuleCall {
  /** The name of the exported function. */
  readonly function: 'seed' | 'createTemplate'
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

/** Calls a function of a module in a separate process, so that its crash does not end the supervisor. */
async function runModule(
  call: ModuleCall,
  { connection, root, signal }: SeedInput,
): Promise<ModuleFailure | undefined> {
  const main = fileURLToPath(siblingModule(import.meta.url, 'seed-main'))
  const child = spawn(process.execPath, [main, call.module.$file, call.function], {
    cwd: root,
    // The fourth one gets the result. Output and exit code belong to the user's code.
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: withoutLibpqVariables(process.env),
    signal,
  })
  let result = ''
  const results = child.stdio[3] as Readable
  results.setEncoding('utf8').on('data', (text: string) => (result = (result + text).slice(0, MAX_RESULT_CHARACTERS)))
  const output = new LastLines({ lines: MAX_LOG_LINES })
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => output.addText(stream, text))
  // The pipe stays open, because its end tells the child process that the supervisor is gone.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify({ connection, options: call.options, root })}\n`)
  const end = await new Promise<Pick<ModuleFailure, 'exitCode' | 'error'>>((done) => {
    child.once('error', (error) => done({ exitCode: null, error }))
    child.once('close', (exitCode) => done({ exitCode }))
  })
  const { done, ...failure } = JSON.parse(result || '{}') as ModuleResult
  if (done && end.exitCode === 0) return undefined
  if (signal.aborted) throw signal.reason
  return { ...end, ...failure, logs: output.lines.filter((line) => line.trim()) }
}

/**
 * The environment without the variables of libpq, such as PGSSLMODE and PGOPTIONS: they are meant for the databases of
 * the user's shell, and drivers apply them to every connection.
 */
function withoutLibpqVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PG[A-Z]+$/.test(name)))
}
