import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { siblingModule } from '../provider-kit/module-path.ts'
import type { FileRef, IsolateSpec, PlainConnection, SeedSpec } from '../contract/service.ts'

const MAX_LOG_LINES = 20

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
  // The message names the user's own file, not the module of a preset that reads it.
  const { $file: file } = (seed.options?.['file'] as unknown as FileRef | undefined) ?? seed.module
  throw new MoorageError(
    'SEED_FAILED',
    `services.${service}.seed: ${file} failed${failure.exitCode === null ? '' : ` with exit code ${failure.exitCode}`}.`,
    {
      service,
      phase: 'ready',
      logs: failure.logs,
      hint: 'Correct the seed. It is called with the connection that tests get.',
      ...(failure.error ? { cause: failure.error } : {}),
    },
  )
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

interface ModuleFailure {
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
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.push(...text.split('\n')))
  // The pipe stays open, because its end tells the child process that the supervisor is gone.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify({ connection, options: call.options, root })}\n`)
  const end = await new Promise<Omit<ModuleFailure, 'logs'>>((done) => {
    child.once('error', (error) => done({ exitCode: null, error }))
    child.once('close', (exitCode) => done({ exitCode }))
  })
  if (end.exitCode === 0) return undefined
  if (signal.aborted) throw signal.reason
  return { ...end, logs: output.filter((line) => line.trim()).slice(-MAX_LOG_LINES) }
}
