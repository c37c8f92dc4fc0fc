import { MoorageError } from '../contract/errors.ts'
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
      `services.${service}: its readiness probe runs a command inside it, which its provider does not support.`,
      {
        service,
        hint: 'Use another kind of probe: tcp, http, log or exchange.',
      },
    )
  }
  const { code, stdout, stderr } = await unit.exec(command.map(String), signal)
  if (code === 0) return undefined
  const lastLine = (stderr.trim() || stdout.trim()).split('\n').at(-1)
  return `'${command.join(' ')}' ended with exit code ${code}${lastLine ? `: ${lastLine}` : ''}`
}
