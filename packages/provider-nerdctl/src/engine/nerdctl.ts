import { spawn, type ChildProcess } from 'node:child_process'
import { debugLog, elapsedMs, ExecOutput, MoorageError, type ExecResult } from '@moorage/core/provider'
import type { NerdctlOptions } from '../options.ts'

/** The program, and the containerd that it talks to. */
export interface Nerdctl {
  readonly program: string
  /** Names containerd and its namespace, for messages and the journal. */
  readonly name: string
  /** Arguments that stand before every subcommand. */
  readonly globalArguments: readonly string[]
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Further variables of the program. */
  readonly env?: { readonly [name: string]: string }
  /** The command of `nerdctl exec`, for the message about too much output. */
  readonly command?: readonly string[]
}

/** A call of nerdctl that failed. */
export class NerdctlFailure extends MoorageError {
  readonly stderr: string

  constructor(args: readonly string[], stderr: string) {
    super('START_FAILED', `nerdctl ${args[0] ?? ''}: ${fatalMessage(stderr)}`, { provider: 'nerdctl' })
    this.stderr = stderr
  }
}

export function openNerdctl({ program = 'nerdctl', namespace, address }: NerdctlOptions): Nerdctl {
  const globalArguments = [
    ...(address === undefined ? [] : ['--address', address]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ]
  return { program, globalArguments, name: [program, ...globalArguments].join(' ') }
}

/** Starts nerdctl, for calls that are read while they run. */
export function spawnNerdctl(
  { program, globalArguments }: Nerdctl,
  args: readonly string[],
  { env, signal }: Pick<CallOptions, 'env' | 'signal'> = {},
): ChildProcess {
  return spawn(program, [...globalArguments, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(signal ? { signal, killSignal: 'SIGKILL' as const } : {}),
  })
}

/** Runs nerdctl to its end. Rejects when it cannot be started, and with the reason of the signal when it aborts. */
export function callNerdctl(
  nerdctl: Nerdctl,
  args: readonly string[],
  { signal, env, command = args }: CallOptions = {},
): Promise<ExecResult> {
  signal?.throwIfAborted()
  const since = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawnNerdctl(nerdctl, args, { ...(env ? { env } : {}), ...(signal ? { signal } : {}) })
    const output = new ExecOutput(command)
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.on('data', (bytes: Buffer) => {
        const tooMuch = output.add(stream, bytes)
        if (!tooMuch) return
        child.kill('SIGKILL')
        child.stdout?.destroy()
        child.stderr?.destroy()
        reject(tooMuch)
      })
    child.once('error', (error) => reject(signal?.aborted ? (signal.reason as Error) : error))
    child.once('close', (code) => {
      debugLog('nerdctl')?.('call', { command: args[0], target: args.at(-1), code, ms: elapsedMs(since) })
      resolve({ code: code ?? KILLED, stdout: output.stdout, stderr: output.stderr })
    })
  })
}

/** The output of a call that succeeds. Throws `NerdctlFailure` for any other one. */
export async function expectSuccess(
  nerdctl: Nerdctl,
  args: readonly string[],
  options: CallOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await callNerdctl(nerdctl, args, options)
  if (code !== 0) throw new NerdctlFailure(args, stderr)
  return stdout
}

/** The last message of nerdctl's log, which it writes as `time=… level=fatal msg="…"` (logrus, text format). */
export function fatalMessage(stderr: string): string {
  const fatal = /level=fatal msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1]
  const text = fatal === undefined ? stderr : fatal.replaceAll('\\"', '"').replaceAll('\\n', '\n')
  return text.trim().slice(-MAX_MESSAGE_CHARACTERS)
}

// What a shell returns after SIGKILL.
const KILLED = 137
const MAX_MESSAGE_CHARACTERS = 2_000
