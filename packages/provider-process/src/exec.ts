import { spawn } from 'node:child_process'
import type { ExecResult } from '@moorage/core/provider'

export interface Exec {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly unit: string
}

/** Runs a command where a service runs: same folder, same environment, same mark, so that it ends with the service. */
export function execIn({ command, cwd, env, unit }: Exec, signal: AbortSignal): Promise<ExecResult> {
  const [program = '', ...args] = command
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, MOORAGE_UNIT: unit },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    child.once('error', (error: NodeJS.ErrnoException) => {
      // What a shell, and every container engine, answers for a command that is not there.
      if (error.code === 'ENOENT') done({ code: 127, stdout: '', stderr: `${program}: command not found\n` })
      else fail(error)
    })
    child.once('close', (code) => done({ code: code ?? 137, ...said }))
  })
}
