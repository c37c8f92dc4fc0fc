import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '../errors.ts'
import { moduleBeside } from '../module-beside.ts'
import type { FileRef, PlainConnection, SeedSpec } from '../service.ts'

/** Runs a seed module in a process of its own: its crash is an error with a reason, not the end of the supervisor. */
export async function runSeed(service: string, seed: SeedSpec, input: SeedInput): Promise<void> {
  const runner = fileURLToPath(moduleBeside(import.meta.url, 'seed-runner'))
  const child = spawn(process.execPath, [runner, seed.module.$file], { cwd: input.root, stdio: ['pipe', 'pipe', 'pipe'], signal: input.signal })
  const tail: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => tail.push(...text.split('\n')))
  // The pipe stays open: its end tells the seed that the supervisor is gone.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify({ connection: input.connection, options: seed.options ?? {}, root: input.root })}\n`)
  const end = await new Promise<{ code: number | null; error?: Error }>((done) => {
    child.once('error', (error) => done({ code: null, error }))
    child.once('close', (code) => done({ code }))
  })
  if (end.code === 0) return
  if (input.signal.aborted) throw input.signal.reason
  // The user's own file, not the module of ours that reads it.
  const { $file: file } = (seed.options?.['file'] as unknown as FileRef | undefined) ?? seed.module
  throw new MoorageError('SEED_FAILED', `services.${service}.seed: ${file} failed${end.code === null ? '' : ` with exit code ${end.code}`}.`, {
    service,
    phase: 'ready',
    logs: tail.filter((line) => line.trim()).slice(-20),
    hint: 'Correct the seed: it is called with the connection that tests get.',
    ...(end.error ? { cause: end.error } : {}),
  })
}

export interface SeedInput {
  readonly connection: PlainConnection
  readonly root: string
  readonly signal: AbortSignal
}
