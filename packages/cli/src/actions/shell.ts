import { spawn } from 'node:child_process'
import { MoorageError } from '@moorage/core'
import type { ShellCommand } from '@moorage/core/runner'
import { findProgramProblem } from '../find-program-problem.ts'
import type { Invocation } from '../command.ts'
import { writeNotice, writeSkippedRuns } from '../output.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'
import { signalExitCode, withSignals } from '../signals.ts'

// What engines return if an image has no shell.
const NO_SHELL_EXIT_CODES: readonly number[] = [126, 127]

/** Opens a shell in a running service, and resolves to its exit code. Exit code 1 if nothing runs. */
export async function runShell(invocation: Invocation): Promise<number> {
  const [service = ''] = invocation.args
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  const root = await projectRoot(invocation)
  let command: ShellCommand | undefined
  let lastError: unknown
  const { visited, skipped } = await forEachRun(root, async ({ observer }) => {
    if (command) return
    try {
      command = await observer.shell({ service, tty: isTerminal })
    } catch (error) {
      lastError = error
    }
  })
  if (command) return await openShell(service, command)
  if (lastError !== undefined) throw lastError
  writeSkippedRuns(skipped)
  if (!visited && !skipped.length) writeNotice(`no services are running for ${root}. To start them: moorage up`)
  return 1
}

async function openShell(service: string, { command, cwd, env }: ShellCommand): Promise<number> {
  const [program = '', ...args] = command ?? [process.env['SHELL'] || '/bin/sh']
  if (findProgramProblem(program, process.env))
    throw new MoorageError('USAGE', `shell: ${program} is not on the PATH.`, {
      hint: `Install it. moorage uses it to open a shell in services.${service}.`,
    })
  return await withSignals(async ({ forwardTo }) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env }, ...(cwd ? { cwd } : {}) })
    forwardTo((signal) => {
      // A terminal sends Ctrl-C to the shell as well, which handles it.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? signalExitCode(signal)))
    })
    if (command && NO_SHELL_EXIT_CODES.includes(code))
      writeNotice(`the shell in services.${service} ended with exit code ${code}. Its image may have no shell.`)
    return code
  })
}
