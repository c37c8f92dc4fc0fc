import type { EnvVariables } from '../config/env-variables.ts'
import { inheritedPayload } from '../config/payload.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import { Channel } from '../protocol/channel.ts'
import { supervisorPaths, runFolder } from '../protocol/paths.ts'
import { dialSocket } from './transport.ts'

/** One question to the supervisor of the run whose variables are in an environment: for a test's own process. */
export async function querySupervisor(
  env: EnvVariables,
  method: 'logs' | 'exits' | 'tried',
  params: Json,
): Promise<Json> {
  const payload = inheritedPayload(env)
  const stream = payload && (await dialSocket(supervisorPaths(payload.identity, runFolder(env)).socket))
  if (!stream) {
    throw new MoorageError(
      'SUPERVISOR_FAILED',
      payload
        ? `The supervisor of run ${payload.run} is gone.`
        : 'No services run for this process: the variable MOORAGE is not set.',
    )
  }
  const channel = new Channel(stream, {})
  try {
    return await channel.call(method, params)
  } finally {
    channel.close()
  }
}
