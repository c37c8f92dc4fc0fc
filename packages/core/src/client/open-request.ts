import { randomBytes } from 'node:crypto'
import type { EnvVariables } from '../config/url-variables.ts'
import { retentionMs } from '../config/keep-options.ts'
import { inheritedPayload } from '../config/test-payload.ts'
import { createPlan, type Plan } from '../config/plan.ts'
import { configuredProviders, providerNamed } from '../config/provider-option.ts'
import type { AnyConfig } from '../contract/config-types.ts'
import { canonical, type Json } from '../contract/json.ts'
import type { ProviderRef } from '../contract/provider.ts'
import { cacheFolder, runFolder, shortHash, supervisorPaths, type RunFolders } from '../protocol/paths.ts'
import type { ProviderCandidates, RunRequest } from '../protocol/run-request.ts'
import { inCi } from './in-ci.ts'
import { createRunId } from './create-run-id.ts'

/** The providers of an installation. */
export interface Installation {
  /** In order of preference. */
  readonly providers: readonly ProviderRef[]
  /** Runs the services that are placed on the host. */
  readonly host: ProviderRef
  /** Builds images; a `BuildModule`. Default: images cannot be built. */
  readonly builders?: ProviderRef
}

/** What a client sends to a supervisor, and where that supervisor's files are. */
export interface OpenRequest {
  readonly request: RunRequest
  readonly folders: RunFolders
}

export interface OpenRequestOptions {
  readonly env: EnvVariables
  /** Lets other processes join the run in CI as well. */
  readonly shared?: boolean
  /** Lets no other caller join the run. */
  readonly exclusive?: boolean
  /** The services that the caller's seed functions fill. */
  readonly seeded?: readonly string[]
}

// One for each process, so that several projects of one runner share a run.
const PROCESS_NONCE = Symbol.for('moorage.nonce')
const holder = globalThis as { [PROCESS_NONCE]?: string }

/**
 * Starts nothing: reads the files that the config names, and creates the run folder. Throws MoorageError:
 * CONFIG_INVALID, PROVIDER_UNAVAILABLE for an unknown MOORAGE_PROVIDER, SUPERVISOR_FAILED where the run folder cannot
 * be created.
 */
export function createOpenRequest(
  installation: Installation,
  config: AnyConfig,
  { env, shared = false, exclusive = false, seeded }: OpenRequestOptions,
): OpenRequest {
  const plan = createPlan(config, env)
  const candidates = providerCandidates(installation, plan, env)
  const processNonce = (holder[PROCESS_NONCE] ??= randomBytes(8).toString('hex'))
  const family = exclusive
    ? randomBytes(16).toString('hex')
    : runFamily(plan, env, candidates.ci && !shared ? processNonce : '')
  const outerRun = inheritedPayload(env)
  // A process within a run that asks for the same plan joins that run, in CI too.
  const joinsOuter = outerRun?.hash === plan.hash && !exclusive
  const identity = joinsOuter ? outerRun.identity : shortHash([family, plan.hash])
  const keep = retentionMs(config, env)
  const run = createRunId(env, randomBytes(8).toString('hex'))
  const { host, builders } = installation
  const installed = { host, ...(builders ? { builders } : {}), ...(seeded ? { seeded } : {}) }
  const folder = runFolder(env)
  return {
    request: { plan, candidates, ...installed, ...(keep === undefined ? {} : { keep }), run, identity, family },
    folders: { paths: supervisorPaths(identity, folder), runFolder: folder, cache: cacheFolder(env) },
  }
}

/** The providers that a run may use. Throws `MoorageError` (USAGE) for an unknown MOORAGE_PROVIDER. */
export function providerCandidates(
  installation: Pick<Installation, 'providers'>,
  plan: Pick<Plan, 'provider' | 'configured'>,
  env: EnvVariables,
): ProviderCandidates {
  const providers = configuredProviders(installation.providers, plan)
  const candidates = { inOrder: providers, ci: inCi(env) }
  const name = env['MOORAGE_PROVIDER']
  if (name) {
    const provider = providerNamed(name, plan.provider ? [plan.provider, ...providers] : providers)
    return { ...candidates, explicit: { provider, by: `MOORAGE_PROVIDER=${name}` } }
  }
  return plan.provider ? { ...candidates, explicit: { provider: plan.provider, by: 'the config' } } : candidates
}

// Variables that select the engine and its account.
const ENGINE_VARIABLES = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'KUBECONFIG',
  'MOORAGE_KUBE_CONTEXT',
  'MOORAGE_NAMESPACE',
  'MOORAGE_PROVIDER',
  'MOORAGE_REGISTRY',
  'BUILDKIT_HOST',
  'CONTAINERD_ADDRESS',
]

/** Equal for clients that can share a run, or update each other's: same project, same engine, same nonce. */
function runFamily({ root, provider, configured }: Plan, env: EnvVariables, nonce: string): string {
  const engine = ENGINE_VARIABLES.map((name) => env[name] ?? '')
  const options = canonical([provider ?? null, configured ?? null] as unknown as Json)
  return shortHash([root, options, ...engine, nonce])
}
