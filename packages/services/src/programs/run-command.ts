import { spawn } from 'node:child_process'
import { messageOf, MoorageError, type ProgramContext } from '@moorage/core'
import { asNamedUser, type UnprivilegedUser } from './unprivileged-user.ts'

// How much of a failed command's output the error contains.
const MAX_LOG_LINES = 20
// The end of the output is kept.
const MAX_OUTPUT_CHARACTERS = 64 * 1024

export interface CommandOptions {
  /** What the command is part of, for the message: `creating the PostgreSQL cluster`. */
  readonly task: string
  readonly cwd: string
  /** Text for its standard input. */
  readonly input?: string
  /** An open file that becomes its standard input or output. */
  readonly stdin?: number
  readonly stdout?: number
  /** The user and group to run it as. Default: those of this process. */
  readonly uid?: number | undefined
  /** The same, for a program that looks up the name of its user. Replaces `uid`. */
  readonly user?: UnprivilegedUser | undefined
}

/**
 * Runs a command to its end, with a minimal environment. Throws `MoorageError` (START_FAILED) with its last lines, or
 * the signal's reason.
 */
export async function runCommand(
  { service, signal }: ProgramContext,
  command: readonly string[],
  { task, cwd, input = '', stdin, stdout, user, uid = user?.uid }: CommandOptions,
): Promise<void> {
  const isNamed = user?.passwd !== undefined
  const [program = '', ...args] = isNamed ? asNamedUser(user, command) : command
  const child = spawn(program, args, {
    cwd,
    signal,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', PGTZ: 'UTC' },
    stdio: [stdin ?? 'pipe', stdout ?? 'pipe', 'pipe'],
    ...(uid === undefined || isNamed ? {} : { uid, gid: uid }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARACTERS)
    })
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  const result = await new Promise<number | NodeJS.ErrnoException | null>((resolve) =>
    child.once('error', resolve).once('close', resolve),
  )
  // PostgreSQL's single-user mode exits with 0 even if a statement fails.
  if (result === 0 && !/^(ERROR|FATAL|PANIC):/m.test(output)) return
  signal.throwIfAborted()
  const reason = result instanceof Error ? `: ${messageOf(result)}` : ''
  const hint = commandHint(result, output)
  throw new MoorageError('START_FAILED', `services.${service}: ${command[0]} failed while ${task}${reason}.`, {
    service,
    phase: 'start',
    ...(hint === undefined ? {} : { hint }),
    logs: output
      .split('\n')
      .filter((line) => line.trim())
      .slice(-MAX_LOG_LINES),
    ...(result instanceof Error ? { cause: result } : {}),
  })
}

function commandHint(result: number | NodeJS.ErrnoException | null, output: string): string | undefined {
  if (result instanceof Error && result.code === 'EACCES')
    return 'Its file system may forbid programs (noexec): set TMPDIR and MOORAGE_CACHE_DIR to folders that allow them.'
  // Random uids of containers. Source: PostgreSQL, src/common/username.c.
  if (output.includes('could not look up effective user ID'))
    return 'PostgreSQL needs a name for its user: add a line for this uid to /etc/passwd, or use another provider.'
  return undefined
}
