import type { EnvVariables } from '../config/url-variables.ts'
import { inheritedPayload } from '../config/test-payload.ts'
import { MoorageError } from '../contract/errors.ts'
import type { LogLine } from '../contract/running-unit.ts'
import { Channel } from '../protocol/channel.ts'
import { LogLineRouter } from '../protocol/log-line-router.ts'
import type { LogQuery, Params, Result } from '../protocol/methods.ts'
import { runFolder, supervisorPaths } from '../protocol/paths.ts'
import { dialSocket } from './transport.ts'

/**
 * Sends one call from a test's process to the supervisor of its run, which the variable `MOORAGE` names. Throws
 * MoorageError: SUPERVISOR_FAILED where no services run, else what the method throws.
 */
export async function querySupervisor<M extends 'endedServices' | 'recordTestAttempt'>(
  env: EnvVariables,
  method: M,
  params: Params<M>,
): Promise<Result<M>> {
  return await withChannel(env, (channel) => channel.call(method, params))
}

/** The last log lines of a service of that run. Throws like `querySupervisor`. */
export async function queryLogs(env: EnvVariables, query: Omit<LogQuery, 'follow'>): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  const onLine = (line: LogLine): void => void lines.push(line)
  await withChannel(env, (channel, reader) =>
    reader.read({ ...query, follow: false }, onLine, (params) => channel.call('readLogs', params)),
  )
  return lines
}

async function withChannel<T>(
  env: EnvVariables,
  query: (channel: Channel, reader: LogLineRouter) => Promise<T>,
): Promise<T> {
  const payload = inheritedPayload(env)
  const stream = payload && (await dialSocket(supervisorPaths(payload.identity, runFolder(env)).socket))
  if (!stream) {
    const message = payload
      ? `The supervisor of run ${payload.run} is gone.`
      : 'No services run for this process: the variable MOORAGE is not set.'
    throw new MoorageError('SUPERVISOR_FAILED', message)
  }
  const reader = new LogLineRouter()
  const channel = new Channel(stream, { events: { logLine: reader.onLogLine } })
  channel.sendEvent('observing', true)
  try {
    return await query(channel, reader)
  } finally {
    channel.close()
  }
}
