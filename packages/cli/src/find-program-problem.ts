import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import type { EnvVariables } from '@moorage/core'

// As POSIX shells answer. Source: POSIX.1-2024, Shell Command Language, 2.8.2.
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

export interface ProgramProblem {
  readonly text: string
  readonly exitCode: number
}

/** Why a command cannot be run, found out before any service starts; undefined if it can. */
export function findProgramProblem(program: string, env: EnvVariables): ProgramProblem | undefined {
  const isPath = program.includes('/') || program.includes(sep)
  const folders = (env['PATH'] ?? '').split(delimiter).map((folder) => folder || '.')
  const candidates = isPath ? [program] : folders.map((folder) => join(folder, program))
  const endings = process.platform === 'win32' ? ['', ...(env['PATHEXT'] ?? '.EXE').split(';')] : ['']
  const files = candidates
    .flatMap((file) => endings.map((ending) => file + ending))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  if (files.some(isExecutable)) return undefined
  const [file] = files
  if (file !== undefined)
    return {
      text: `exec: ${file} is not executable, so nothing was started. Run: chmod +x ${file}`,
      exitCode: NOT_EXECUTABLE,
    }
  return {
    text: isPath
      ? `exec: ${program} does not exist, so nothing was started.`
      : `exec: found no '${program}' on the PATH, so nothing was started. npx puts the project's programs on it: npx moorage exec -- ${program}`,
    exitCode: NOT_FOUND,
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
