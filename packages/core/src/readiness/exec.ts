import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import type { Template } from '../contract/service.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

/** Succeeds when a command inside the service ends with exit code 0. */
export const exec: ProbeAttempt<{ readonly kind: 'exec'; readonly command: readonly Template[] }> = async (
  { command },
  { service, unit, signal },
) => {
  if (!unit.exec) {
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `services.${service}.ready: a probe runs a command inside the service, and its provider cannot run commands there.`,
      {
        service,
        hint: 'Use another kind of probe: tcp, http, log or exchange.',
      },
    )
  }
  const result = await unit.exec(command.map(String), signal).catch((error: unknown): string => {
    // An engine that restarts the service cannot run it for the moment.
    if (signal.aborted || isMoorageError(error)) throw error
    return `'${command.join(' ')}' could not run: ${messageOf(error)}`
  })
  if (typeof result === 'string') return result
  const { code, stdout, stderr } = result
  if (code === 0) return undefined
  const lastLine = (stderr.trim() || stdout.trim()).split('\n').at(-1)
  return `'${command.join(' ')}' ended with exit code ${code}${lastLine ? `: ${lastLine}` : ''}`
}
