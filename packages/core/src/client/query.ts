import type { EnvVariables } from '../config/env-variables.ts'
import { inheritedPayload } from '../config/payload.ts'
import { MoorageError } from '../contract/errors.ts'
import { Channel } from '../protocol/channel.ts'
import type { Params, Result } from '../protocol/methods.ts'
import { runFolder, supervisorPaths } from '../protocol/paths.ts'
import { dialSocket } from './transport.ts'

/**
 * Sends one call from a test's process to the supervisor of its run, which the variable `MOORAGE` names. Throws
 * MoorageError: SUPERVISOR_FAILED where no services run, else what the method throws.
 */
export async function querySupervisor<M extends 'logs' | 'endedServices' | 'recordTestAttempt'>(
  env: EnvVariables,
  method: M,
  params: Params<M>,
): Promise<Result<M>> {
  const payload = inheritedPayload(env)
  const stream = payload && (await dialSocket(supervisorPaths(payload.identity, runFolder(env)).socket))
  if (!stream) {
    const message = payload
      ? `The supervisor of run ${payload.run} is gone.`
      : 'No services run for this process: the variable MOORAGE is not set.'
    throw new MoorageError('SUPERVISOR_FAILED', message)
  }
  const channel = new Channel(stream, {})
  try {
    return await channel.call(method, params)
  } finally {
    channel.close()
  }
}
