import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { siblingModule } from '../provider-kit/module-path.ts'
import type { FileRef, IsolateSpec, PlainConnection, SeedSpec } from '../contract/service.ts'

export interface SeedInput {
  readonly connection: PlainConnection
  readonly root: string
  readonly signal: AbortSignal
}

/** Runs a seed module. */
export async function runSeed(service: string, seed: SeedSpec, input: SeedInput): Promise<void> {
  const end = await runModule({ calls: 'seed', module: seed.module, options: seed.options ?? {} }, input)
  if (!end) return
  // The user's own file, not the module of ours that reads it.
  const { $file: file } = (seed.options?.['file'] as unknown as FileRef | undefined) ?? seed.module
  throw new MoorageError(
    'SEED_FAILED',
    `services.${service}.seed: ${file} failed${end.code === null ? '' : ` with exit code ${end.code}`}.`,
    {
      service,
      phase: 'ready',
      logs: end.logs,
      hint: 'Correct the seed: it is called with the connection that tests get.',
      ...(end.error ? { cause: end.error } : {}),
    },
  )
}

/** Keeps what is there after the seed, for every slot to begin with. */
export async function runCreateTemplate(service: string, { module }: IsolateSpec, input: SeedInput): Promise<void> {
  const end = await runModule({ calls: 'createTemplate', module, options: {} }, input)
  if (!end) return
  throw new MoorageError(
    'ISOLATION_FAILED',
    `services.${service}.isolate: what tests begin with could not be set aside.`,
    {
      service,
      phase: 'ready',
      logs: end.logs,
      hint: 'Its last lines say why. A service that needs this one only as started may be at work in it: let it need it as ready.',
      ...(end.error ? { cause: end.error } : {}),
    },
  )
}

interface ModuleCall {
  readonly calls: 'seed' | 'createTemplate'
  readonly module: FileRef
  readonly options: JsonObject
}

interface Failure {
  readonly code: number | null
  readonly error?: Error
  readonly logs: readonly string[]
}

/** Calls a module in a process of its own: its crash is an error with a reason, not the end of the supervisor. */
async function runModule(
  { calls, module, options }: ModuleCall,
  { connection, root, signal }: SeedInput,
): Promise<Failure | undefined> {
  const runner = fileURLToPath(siblingModule(import.meta.url, 'seed-main'))
  const child = spawn(process.execPath, [runner, module.$file, calls], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
  })
  const tail: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => tail.push(...text.split('\n')))
  // The pipe stays open: its end tells the module that the supervisor is gone.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify({ connection, options, root })}\n`)
  const end = await new Promise<Omit<Failure, 'logs'>>((done) => {
    child.once('error', (error) => done({ code: null, error }))
    child.once('close', (code) => done({ code }))
  })
  if (end.code === 0) return undefined
  if (signal.aborted) throw signal.reason
  return { ...end, logs: tail.filter((line) => line.trim()).slice(-20) }
}
