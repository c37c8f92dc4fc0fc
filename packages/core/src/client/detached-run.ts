import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'
import { monotonicClock, withTimeout } from '../provider-kit/clock.ts'
import { isAlive } from '../provider-kit/process-identity.ts'
import type { RunStatus } from '../protocol/run-status.ts'
import { readJournals } from '../recovery/journal.ts'
import { connect } from './connect.ts'
import { nameRunbook } from './add-explain-hint.ts'
import { withDebugLog } from './with-debug-log.ts'
import { createOpenRequest, type Installation, type OpenRequest } from './open-request.ts'
import type { ProvisionOptions } from './provision.ts'
import { progressPrinter } from './report/console.ts'
import { createTransport, dialSocket } from './transport.ts'

const LEAVE_TIMEOUT_MS = 8_000

export interface DetachedOptions extends Omit<ProvisionOptions, 'linger' | 'lingerAfterFailure'> {
  /** Milliseconds for which the run is kept without a client. */
  readonly ttl: number
}

/**
 * Starts the services of a config and keeps them running: later runs of the same config use them. A run of an older
 * version of the config is updated. Throws MoorageError: USAGE where the supervisor runs inline, CONFIG_INVALID,
 * SUPERVISOR_FAILED, or what the start of a service throws; then nothing new is left.
 */
export async function startDetached(
  installation: Installation,
  config: AnyConfig,
  { ttl, signal, ...options }: DetachedOptions,
): Promise<RunStatus> {
  const env = options.env ?? process.env
  if (env['MOORAGE_SUPERVISOR'] === 'inline') {
    const message = 'With MOORAGE_SUPERVISOR=inline services end with this process, so they cannot be kept running.'
    throw new MoorageError('USAGE', message, { hint: 'Unset MOORAGE_SUPERVISOR.' })
  }
  const onProgress = options.onProgress ?? progressPrinter(process.stderr)
  const open = createOpenRequest(installation, config, { env, shared: true })
  const outdatedSocket = findOutdatedSocket(open)
  const { log } = open.folders.paths
  const outdated = outdatedSocket === undefined ? undefined : await dialSocket(outdatedSocket)
  const transport = createTransport(open.folders, env)
  const membership = await nameRunbook(
    withDebugLog({ env, log, onProgress }, () =>
      connect(open.request, { transport, log, onProgress, outdated, ...(signal ? { signal } : {}) }),
    ),
  )
  await membership.call('retain', { ms: ttl })
  const status = await membership.call('status', null)
  if (!status)
    throw new MoorageError('SUPERVISOR_FAILED', 'The services were removed before they could be kept running.', {
      hint: 'Run the command again.',
    })
  // The timer also keeps this process alive until the response is there.
  const failures = await withTimeout(membership.leave(), {
    clock: monotonicClock,
    ms: LEAVE_TIMEOUT_MS,
    late: () => [],
  })
  for (const text of failures) onProgress({ kind: 'notice', text })
  return status
}

/** The socket of a living run of the same family with another plan. */
function findOutdatedSocket({ request, folders }: OpenRequest): string | undefined {
  return readJournals(folders.runFolder)
    .filter(({ family, owner }) => family === request.family && isAlive(owner))
    .flatMap(({ paths }) => paths.at(-1)?.socket ?? [])
    .find((socket) => socket !== folders.paths.socket)
}
