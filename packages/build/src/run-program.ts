import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { createProcessMark, LineSplitter, spawnOwned } from '@moorage/core/provider'

export interface ProgramOptions {
  readonly env?: { readonly [name: string]: string | undefined }
  /** Text or data for its standard input. */
  readonly input?: string | Readable
  readonly signal: AbortSignal
  /** Ends the program, and with it the build, however this process dies. The program must exist. Default: false. */
  readonly owned?: boolean
  /** Receives each line of its output and its errors. */
  onLine?(line: string): void
}

export interface ProgramResult {
  /** The exit code, the signal, or the code of the error with which the program did not start, such as `ENOENT`. */
  readonly code: number | string
  /** The end of its output and its errors, as they were written. */
  readonly output: string
}

const MAX_OUTPUT_CHARACTERS = 200_000
const KILL_TIMEOUT_MS = 5_000

/** Runs a program to its end. Rejects only with the reason of the signal, once the program has ended. */
export async function runProgram(
  command: readonly string[],
  { env = {}, input, signal, owned = false, onLine }: ProgramOptions,
): Promise<ProgramResult> {
  signal.throwIfAborted()
  const child = startProgram(command, { ...process.env, ...env }, owned)
  let output = ''
  const splitter = new LineSplitter(/\r?\n|\r/)
  const onText = (text: string): void => {
    output = (output + text).slice(-MAX_OUTPUT_CHARACTERS)
    for (const line of splitter.add(text)) onLine?.(line)
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onText)
  const { stdin } = child as ChildProcessWithoutNullStreams
  stdin.on('error', () => {})
  if (typeof input === 'object') input.on('error', () => child.kill()).pipe(stdin)
  else stdin.end(input)
  let kill: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    child.kill('SIGTERM')
    kill = setTimeout(() => child.kill('SIGKILL'), KILL_TIMEOUT_MS)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    child.once('close', (exitCode, exitSignal) => resolve(exitCode ?? exitSignal ?? ''))
  })
  clearTimeout(kill)
  signal.removeEventListener('abort', onAbort)
  signal.throwIfAborted()
  return { code, output }
}

function startProgram(command: readonly string[], env: NodeJS.ProcessEnv, owned: boolean): ChildProcess {
  const [program = '', ...args] = command
  if (!owned || process.platform === 'win32') return spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const mark = createProcessMark(`build-${randomUUID()}`)
  return spawnOwned(command, { mark, stopSignal: 'SIGTERM', cwd: process.cwd(), env, stdin: 'pipe' })
}
