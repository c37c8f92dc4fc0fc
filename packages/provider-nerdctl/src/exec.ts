import type { ExecResult } from '@moorage/core/provider'
import { callNerdctl, type Nerdctl } from './engine/nerdctl.ts'

// nerdctl 1.x ends with code 1 and writes the code of the command as its last line. Later versions end with that code.
const COMMAND_CODE = /(?:^|\n)time="[^"]*" level=fatal msg="exec failed with exit code (\d+)"\n?$/
// What a shell, and every container engine, returns for a command that does not exist.
const COMMAND_NOT_FOUND = 127

/**
 * Runs a command in a container. Rejects with the reason of the signal when it aborts, and with MoorageError (USAGE)
 * when the command writes too much.
 */
export async function execInUnit(
  nerdctl: Nerdctl,
  { name, command }: { readonly name: string; readonly command: readonly string[] },
  signal: AbortSignal,
): Promise<ExecResult> {
  const result = await callNerdctl(nerdctl, ['exec', name, ...command], { signal, command })
  const code = COMMAND_CODE.exec(result.stderr)?.[1]
  if (code !== undefined)
    return { code: Number(code), stdout: result.stdout, stderr: result.stderr.replace(COMMAND_CODE, '') }
  if (/executable file not found|no such file or directory/.test(result.stderr) && /level=fatal/.test(result.stderr))
    return { ...result, code: COMMAND_NOT_FOUND }
  return result
}
