import { setTimeout as sleep } from 'node:timers/promises'
import type { EnvVariables } from '../config/env-variables.ts'
import { isolatedServices } from '../config/isolated-services.ts'
import { buildVariables, fixedVariables, type Payload } from '../config/payload.ts'
import type { Environment } from '../contract/provisioned-environment.ts'
import type { ExecResult, LogLine } from '../contract/provider.ts'
import { createOpenRequest, type Installation } from './open-request.ts'
import { progressPrinter } from './report/console.ts'
import type { ProgressListener } from '../contract/progress.ts'
import { callSeeds, checkSeeds, type Seeds } from './seed-functions.ts'
import { connect } from './connect.ts'
import type { Outcome } from './membership.ts'
import { acquireMembership } from './membership-pool.ts'
import { createTransport } from './transport.ts'
import type { AnyConfig, EndpointsOf } from '../contract/config-types.ts'

export interface ProvisionOptions<E = unknown> {
  /** Aborts the start: what there is by then is taken down, and the promise rejects. */
  readonly signal?: AbortSignal
  /** Where variables are read from. Default: `process.env`. */
  readonly env?: EnvVariables
  /** Told what happens. Default: a line for each change on stderr. */
  readonly onProgress?: ProgressListener
  /** Milliseconds that services stay after the last dispose, for a runner that comes back at once. Default: 0. */
  readonly linger?: number
  /**
   * Functions called in this process, each with its service's connection, once all services are ready and before the
   * promise resolves. The run is then this caller's alone: none is joined. Throws SEED_FAILED, and CONFIG_INVALID for a
   * service that is unknown, isolated, or the user's own.
   */
  readonly seeds?: Seeds<E>
}

// Milliseconds that a dispose waits: runners cut their teardown off after ten seconds.
const DISPOSE_TIMEOUT_MS = 8_000

/**
 * Starts the services of a config, or joins the run that has them. Throws `MoorageError`; then nothing is left.
 */
export async function provisionWith<const C extends AnyConfig>(
  installation: Installation,
  config: C,
  options: ProvisionOptions<EndpointsOf<C>> = {},
): Promise<Environment<EndpointsOf<C>>> {
  const env = options.env ?? process.env
  const onProgress = options.onProgress ?? progressPrinter(process.stderr)
  const { seeds } = options
  // What functions have done is known to their caller alone.
  const { plan, params, folders } = createOpenRequest(installation, config, { env, alone: seeds !== undefined })
  if (seeds) checkSeeds(seeds, plan)
  const { identity, family } = params
  const signal = options.signal ? { signal: options.signal } : {}
  const held = await acquireMembership({
    identity,
    family,
    connect: () =>
      connect(params, { transport: createTransport(folders, env), log: folders.place.log, onProgress, ...signal }),
    update: (membership) => membership.update(params),
  })
  const { run, connections, call } = held.membership
  const variables = Object.fromEntries(Object.entries(plan.services).map(([name, { variable }]) => [name, variable]))
  const fixed = fixedVariables(plan.services, env)
  // What the user has set stays the user's, for a run within this one too.
  const ours = Object.values(plan.services).flatMap(({ variable, given }) => (given === undefined ? [variable] : []))
  const payload: Payload = {
    run,
    hash: plan.hash,
    identity,
    variables: [...ours, ...Object.keys(fixed)],
    services: connections,
    ...isolatedServices(plan),
  }
  const dispose = async (outcome: Outcome = { failed: false }): Promise<void> => {
    const late = `Clean-up of run ${run} takes longer than ${DISPOSE_TIMEOUT_MS / 1000} s and goes on in the background; \`moorage gc\` removes what it leaves, and so does the next run.`
    // Its timer holds the process: a clean-up after a killed supervisor does not, and whoever waits for it has to hear.
    const enough = new AbortController()
    const failures = await Promise.race([
      held.release(options.linger ?? 0, outcome).then((left) => left.map(notRemovedMessage)),
      sleep(DISPOSE_TIMEOUT_MS, [late], { signal: enough.signal }),
    ]).finally(() => enough.abort())
    for (const text of failures) onProgress({ kind: 'notice', text })
  }
  if (seeds) {
    await callSeeds(seeds, connections).catch(async (error: unknown) => {
      await dispose()
      throw error
    })
  }
  return {
    run,
    endpoints: connections as EndpointsOf<C>,
    env: buildVariables(payload, variables, fixed),
    logs: async (service, tail = 50) => (await call('logs', { service, tail })) as unknown as LogLine[],
    exec: async (service, command) => (await call('exec', { service, command })) as unknown as ExecResult,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function notRemovedMessage(failure: string): string {
  return `Not removed: ${failure.replace(/\.$/, '')}. \`moorage gc\` tries again, and so does the next run.`
}
