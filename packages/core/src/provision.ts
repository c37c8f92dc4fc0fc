import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPlan, type Plan } from './config/plan.ts'
import { environOf, inherited, type Environ, type Payload } from './config/variables.ts'
import type { Environment } from './environment.ts'
import { isolatedOf } from './isolation/plan.ts'
import type { ExecResult, LogLine, ProviderRef } from './provider.ts'
import { printTo } from './run/console.ts'
import { inCi, runIdentity } from './run/identity.ts'
import type { Tell } from './run/progress.ts'
import { callSeeds, checkSeeds, type Seeds } from './run/seed-functions.ts'
import { providerNamed, type Candidates } from './run/selection.ts'
import { join } from './supervisor/client.ts'
import { cacheFolder, identityOf, placeOf, runFolder } from './supervisor/place.ts'
import { hold } from './supervisor/registry.ts'
import { waysOf } from './supervisor/ways.ts'
import type { AnyConfig, EndpointsOf } from './types.ts'

/** The providers of an installation. */
export interface Installation {
  /** In order of preference. */
  readonly providers: readonly ProviderRef[]
  /** Runs what is placed on the host. */
  readonly host: ProviderRef
}

export interface ProvisionOptions<E = unknown> {
  /** Aborts the start: what there is by then is taken down, and the promise rejects. */
  readonly signal?: AbortSignal
  /** Where variables are read from. Default: `process.env`. */
  readonly env?: Environ
  /** Told what happens. Default: a line for each change on stderr. */
  readonly tell?: Tell
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
const DISPOSE = 8_000

// One per process: several projects of one runner are one run.
const NONCE = Symbol.for('moorage.nonce')
const holder = globalThis as { [NONCE]?: string }

/**
 * Starts the services of a config, or joins the run that has them. Throws `MoorageError`; then nothing is left.
 */
export async function provisionWith<const C extends AnyConfig>(
  installation: Installation,
  config: C,
  options: ProvisionOptions<EndpointsOf<C>> = {},
): Promise<Environment<EndpointsOf<C>>> {
  const env = options.env ?? process.env
  const tell = options.tell ?? printTo(process.stderr)
  const plan = createPlan(config, env)
  const { seeds } = options
  if (seeds) checkSeeds(seeds, plan)
  const candidates = candidatesOf(installation, plan, env)
  const nonce = (holder[NONCE] ??= randomBytes(8).toString('hex'))
  // What functions have done is known to their caller alone.
  const identity = seeds ? identityOf([randomBytes(16).toString('hex')]) : identityFor(plan, candidates, { env, nonce })
  const folder = runFolder(env)
  const folders = { place: placeOf(identity, folder), runFolder: folder, cache: cacheFolder(env) }
  const order = { plan, candidates, host: installation.host }
  const params = { order, run: runIdentity(env, randomBytes(8).toString('hex')) }
  const signal = options.signal ? { signal: options.signal } : {}
  const held = await hold(identity, () => join(params, { ways: waysOf(folders, env), log: folders.place.log, tell, ...signal }))
  const { run, connections, call } = held.membership
  const variables = Object.fromEntries(Object.entries(plan.services).map(([name, { variable }]) => [name, variable]))
  const payload: Payload = { run, hash: plan.hash, identity, variables: Object.values(variables), services: connections, ...isolatedOf(plan) }
  const dispose = async (): Promise<void> => {
    const late = `Clean-up of run ${run} takes longer than ${DISPOSE / 1000} s and goes on in the background; the next run removes what it leaves.`
    // Its timer holds the process: a clean-up after a killed supervisor does not, and whoever waits for it has to hear.
    const enough = new AbortController()
    const failures = await Promise.race([held.release(options.linger ?? 0), sleep(DISPOSE, [late], { signal: enough.signal })]).finally(() => enough.abort())
    for (const text of failures) tell({ kind: 'notice', text })
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
    env: environOf(payload, variables),
    logs: async (service, tail = 50) => (await call('logs', { service, tail })) as unknown as LogLine[],
    exec: async (service, command) => (await call('exec', { service, command })) as unknown as ExecResult,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function candidatesOf({ providers }: Installation, plan: Plan, env: Environ): Candidates {
  const known = plan.provider ? [plan.provider, ...providers] : providers
  const named = env['MOORAGE_PROVIDER']
  const ci = inCi(env)
  if (named) return { inOrder: providers, ci, explicit: { provider: providerNamed(named, known), by: `MOORAGE_PROVIDER=${named}` } }
  if (plan.provider) return { inOrder: providers, ci, explicit: { provider: plan.provider, by: 'the config' } }
  return { inOrder: providers, ci }
}

// Variables that decide which engine is used, and whose.
const ENGINE = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'KUBECONFIG', 'MOORAGE_KUBE_CONTEXT', 'MOORAGE_NAMESPACE', 'MOORAGE_PROVIDER']

/** Equal for clients that may share a run: same project, same spec, same engine; in CI the same process as well. */
function identityFor(plan: Plan, { ci }: Candidates, { env, nonce }: { env: Environ; nonce: string }): string {
  const outer = inherited(env)
  // A child of a run that asks for the same spec joins it, in CI too.
  if (outer?.hash === plan.hash) return outer.identity
  return identityOf([plan.root, plan.hash, ...ENGINE.map((name) => env[name] ?? ''), ci ? nonce : ''])
}
