import { spawn } from 'node:child_process'
import { debugLog, type ExecResult } from '@moorage/core/provider'
import { MARK_VARIABLE } from './labels.ts'

export interface ExecOptions {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** The unit's mark: with it, the command ends with the service. */
  readonly mark: string
}

// What a shell, and every container engine, returns for a command that does not exist.
const COMMAND_NOT_FOUND = 127
// What a shell returns after SIGKILL.
const KILLED = 137

/** Runs a command in the folder and the environment of a service. Rejects when the signal aborts. */
export function execInUnit({ command, cwd, env, mark }: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, [MARK_VARIABLE]: mark },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    debugLog('process')?.('exec', { child: child.pid, program, cwd })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') reject(error)
      else resolve({ code: COMMAND_NOT_FOUND, stdout: '', stderr: `${program}: command not found\n` })
    })
    child.once('close', (code) => resolve({ code: code ?? KILLED, ...output }))
  })
}
