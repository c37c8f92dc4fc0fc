import { setTimeout as sleep } from 'node:timers/promises'
import type { EnvVariables } from '../config/url-variables.ts'
import { planVariables, runVariables } from '../config/exported-variables.ts'
import type { AnyConfig, EndpointsOf } from '../contract/config-types.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { Environment } from '../contract/provisioned-environment.ts'
import type { Outcome } from '../protocol/methods.ts'
import { nameRunbook } from './add-explain-hint.ts'
import { nameDebugLog, withDebugLog } from './with-debug-log.ts'
import { acquireMembership } from './membership-pool.ts'
import { createOpenRequest, type Installation } from './open-request.ts'
import { progressPrinter } from './report/console.ts'
import { callSeeds, checkSeeds, type Seeds } from './seed-functions.ts'
import { createTransport } from './transport.ts'

export interface ProvisionOptions<E = unknown> {
  /** Aborts the start: what has started is removed, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** The environment variables to read. Default: `process.env`. */
  readonly env?: EnvVariables
  /** Receives every step of the start. Default: prints a line for each on stderr. */
  readonly onProgress?: ProgressListener
  /** Milliseconds that services run on after the last dispose, for a runner that starts again. Default: 0. */
  readonly linger?: number
  /**
   * Milliseconds that the services which still run are held after an update of their run has failed, for the next
   * update. Infinity: until `leaveHeldRuns`. Default: `linger`.
   */
  readonly lingerAfterFailure?: number
  /**
   * Functions that fill services with data. Each is called in this process with its service's connection, once all
   * services are ready and before the promise resolves. The run is not shared with other callers. Throws SEED_FAILED,
   * and CONFIG_INVALID for a service that is unknown, isolated, or the user's own.
   */
  readonly seeds?: Seeds<E>
}

// Runners cut off their teardown after ten seconds.
const DISPOSE_TIMEOUT_MS = 8_000

/**
 * Starts the services of a config, or joins a run that has them. Throws MoorageError: CONFIG_INVALID,
 * SUPERVISOR_FAILED, SEED_FAILED, or what the start of a service throws; then nothing is left.
 */
export async function provisionWith<const C extends AnyConfig>(
  installation: Installation,
  config: C,
  options: ProvisionOptions<EndpointsOf<C>> = {},
): Promise<Environment<EndpointsOf<C>>> {
  const env = options.env ?? process.env
  const onProgress = options.onProgress ?? progressPrinter(process.stderr)
  const { seeds } = options
  // Only this caller knows what its seed functions have written.
  const { request, folders } = createOpenRequest(installation, config, {
    env,
    ...(seeds ? { exclusive: true, seeded: Object.keys(seeds) } : {}),
  })
  if (seeds) checkSeeds(seeds, request.plan)
  const { log } = folders.paths
  const signal = options.signal ? { signal: options.signal } : {}
  const pooled = await nameRunbook(
    withDebugLog({ env, log, onProgress }, () =>
      acquireMembership(request, {
        transport: createTransport(folders, env),
        log,
        onProgress,
        lingerAfterFailureMs: options.lingerAfterFailure ?? options.linger ?? 0,
        ...signal,
      }),
    ),
  )
  const { run, connections, call, logs } = pooled.membership
  const dispose = async (outcome: Outcome = { failed: false }): Promise<void> => {
    const releasing = pooled.release(options.linger ?? 0, outcome)
    for (const text of await releaseNotices(run, releasing)) onProgress({ kind: 'notice', text })
  }
  if (seeds) {
    await nameRunbook(callSeeds(seeds, connections)).catch(async (error: unknown) => {
      await dispose()
      throw error
    })
  }
  return {
    run,
    endpoints: connections as EndpointsOf<C>,
    env: runVariables({ run, identity: request.identity, connections, plan: planVariables(request.plan) }, env),
    logs: (service, tail = 50) => nameDebugLog({ env, log }, logs({ service, tail })),
    exec: (service, command) => nameDebugLog({ env, log }, call('exec', { service, command })),
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** What the user has to know of a dispose, when it is over or takes too long. */
async function releaseNotices(run: string, releasing: Promise<readonly string[]>): Promise<readonly string[]> {
  const seconds = DISPOSE_TIMEOUT_MS / 1000
  const lateNotice = `Clean-up of run ${run} takes longer than ${seconds} s and continues in the background. \`moorage gc\` and the next run remove what it leaves.`
  // The timer keeps this process alive: clean-up after a killed supervisor does not, and the caller needs its result.
  const done = new AbortController()
  return await Promise.race([
    releasing.then((failures) => failures.map(notRemovedNotice)),
    sleep(DISPOSE_TIMEOUT_MS, [lateNotice], { signal: done.signal }),
  ]).finally(() => done.abort())
}

function notRemovedNotice(failure: string): string {
  return `Not removed: ${failure.replace(/\.$/, '')}. \`moorage gc\` and the next run try again.`
}
