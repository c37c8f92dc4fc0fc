import type { OptionProblem } from '@moorage/core/provider'

/** Why containers cannot reach this machine. */
export function hostAccessProblem(): Omit<OptionProblem, 'at'> {
  return {
    reason:
      'the bridge of a run, on which a proxy to this machine would listen, exists only once a container has joined it',
    fix: 'Run that service as a container as well, or use Docker.',
  }
}
