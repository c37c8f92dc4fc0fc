import { spawn } from 'node:child_process'
import { debugLog, ExecOutput, MARK_VARIABLE, type ExecResult, type ProcessMark } from '@moorage/core/provider'

export interface ExecOptions {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** The unit's mark: with it, the command ends with the service. */
  readonly mark: ProcessMark
  /** The user of the service. Empty for the supervisor's user. */
  readonly user: { readonly uid?: number; readonly gid?: number }
}

// What a shell, and every container engine, returns for a command that does not exist.
const COMMAND_NOT_FOUND = 127
// What a shell returns after SIGKILL.
const KILLED = 137

/**
 * Runs a command in the folder and the environment of a service. Rejects when the signal aborts, and with MoorageError
 * (USAGE) when the command writes too much.
 */
export function execInUnit({ command, cwd, env, mark, user }: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, [MARK_VARIABLE]: mark.id },
      ...user,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    debugLog('process')?.('exec', { child: child.pid, program, cwd })
    const output = new ExecOutput(command)
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (bytes: Buffer) => {
        const error = output.add(stream, bytes)
        if (!error) return
        child.kill('SIGKILL')
        child.stdout.destroy()
        child.stderr.destroy()
        reject(error)
      })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') reject(error)
      else resolve({ code: COMMAND_NOT_FOUND, stdout: '', stderr: `${program}: command not found\n` })
    })
    child.once('close', (code) => resolve({ code: code ?? KILLED, stdout: output.stdout, stderr: output.stderr }))
  })
}
