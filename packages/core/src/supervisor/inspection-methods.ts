import { MoorageError } from '../contract/errors.ts'
import type { LogLine } from '../contract/running-unit.ts'
import type { Channel } from '../protocol/channel.ts'
import type { MethodHandlers, Params } from '../protocol/methods.ts'
import type { SupervisedRun } from './supervised-run.ts'

type InspectionMethod = 'endedServices' | 'exec' | 'readLogs' | 'shell'

/** The methods that inspect the services of a run and leave them as they are. */
export function inspectionMethods(
  getRun: () => SupervisedRun | undefined,
  getClient: () => Channel,
): Pick<MethodHandlers, InspectionMethod> {
  return {
    endedServices: () => getRun()?.endedServices ?? [],
    readLogs: (query) => readLogs(getRun(), getClient(), query),
    exec: async (command) => await requireRun(getRun()).exec(command),
    shell: (params) => requireRun(getRun()).shell(params),
  }
}

/** Throws MoorageError (SUPERVISOR_FAILED) where the supervisor has no run. */
export function requireRun(run: SupervisedRun | undefined): SupervisedRun {
  if (run) return run
  const hint = 'Start the services first: moorage up'
  throw new MoorageError('SUPERVISOR_FAILED', 'This supervisor runs no services.', { hint })
}

async function readLogs(
  run: SupervisedRun | undefined,
  client: Channel,
  { reader, ...query }: Params<'readLogs'>,
): Promise<null> {
  const disconnected = new AbortController()
  void client.closed.then(() => disconnected.abort())
  const send = async (line: LogLine): Promise<void> => {
    client.sendEvent('logLine', { ...line, reader })
    // A client that does not read stops the reading, so that its lines do not pile up here.
    await client.drained()
  }
  await run?.readLogs(query, send, disconnected.signal)
  return null
}
