import { randomBytes } from 'node:crypto'
import { createPlan, type Plan } from '../config/plan.ts'
import type { EnvVariables } from '../config/env-variables.ts'
import { inheritedPayload } from '../config/payload.ts'
import { canonical, type Json } from '../contract/json.ts'
import { retentionMs } from '../config/keep-options.ts'
import type { ProviderRef } from '../contract/provider.ts'
import { inCi, runIdentity } from './run-id.ts'
import { providerNamed, type ProviderCandidates } from '../provisioning/select-provider.ts'
import type { OpenParams } from '../supervisor/supervised-run.ts'
import type { RunFolders } from '../supervisor/supervisor-context.ts'
import { cacheFolder, shortHash, supervisorPaths, runFolder } from '../protocol/paths.ts'
import type { AnyConfig } from '../contract/config-types.ts'

/** The providers of an installation. */
export interface Installation {
  /** In order of preference. */
  readonly providers: readonly ProviderRef[]
  /** Runs what is placed on the host. */
  readonly host: ProviderRef
}

/** A config made ready to be asked for. */
export interface OpenRequest {
  readonly plan: Plan
  readonly params: Omit<OpenParams, 'protocol'>
  readonly folders: RunFolders
}

export interface OpenRequestOptions {
  readonly env: EnvVariables
  /** Also in CI a run that other processes may find. */
  readonly shared?: boolean
  /** A run that nobody else may find. */
  readonly alone?: boolean
}

// One per process: several projects of one runner are one run.
const PROCESS_NONCE = Symbol.for('moorage.nonce')
const holder = globalThis as { [PROCESS_NONCE]?: string }

/** Pure but for looking at files and making the run folder. Throws `MoorageError` before anything is started. */
export function createOpenRequest(
  installation: Installation,
  config: AnyConfig,
  { env, shared, alone = false }: OpenRequestOptions,
): OpenRequest {
  const plan = createPlan(config, env)
  const candidates = providerCandidates(installation, plan, env)
  const nonce = (holder[PROCESS_NONCE] ??= randomBytes(8).toString('hex'))
  const family = alone
    ? randomBytes(16).toString('hex')
    : runFamily(plan, { env, nonce: candidates.ci && !shared ? nonce : '' })
  const outer = inheritedPayload(env)
  // A child of a run that asks for the same spec joins it, in CI too.
  const identity = outer?.hash === plan.hash && !alone ? outer.identity : shortHash([family, plan.hash])
  const folder = runFolder(env)
  const keep = retentionMs(config, env)
  const request = { plan, candidates, host: installation.host, ...(keep === undefined ? {} : { keep }) }
  return {
    plan,
    params: { request, run: runIdentity(env, randomBytes(8).toString('hex')), identity, family },
    folders: { place: supervisorPaths(identity, folder), runFolder: folder, cache: cacheFolder(env) },
  }
}

function providerCandidates({ providers }: Installation, plan: Plan, env: EnvVariables): ProviderCandidates {
  const known = plan.provider ? [plan.provider, ...providers] : providers
  const named = env['MOORAGE_PROVIDER']
  const ci = inCi(env)
  if (named)
    return {
      inOrder: providers,
      ci,
      explicit: { provider: providerNamed(named, known), by: `MOORAGE_PROVIDER=${named}` },
    }
  if (plan.provider) return { inOrder: providers, ci, explicit: { provider: plan.provider, by: 'the config' } }
  return { inOrder: providers, ci }
}

// Variables that decide which engine is used, and whose.
const ENGINE_VARIABLES = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'KUBECONFIG',
  'MOORAGE_KUBE_CONTEXT',
  'MOORAGE_NAMESPACE',
  'MOORAGE_PROVIDER',
]

/** Equal for clients whose runs can become each other's: same project, same engine; in CI the same process as well, by its nonce. */
function runFamily({ root, provider }: Plan, { env, nonce }: { env: EnvVariables; nonce: string }): string {
  return shortHash([
    root,
    canonical((provider ?? null) as unknown as Json),
    ...ENGINE_VARIABLES.map((name) => env[name] ?? ''),
    nonce,
  ])
}
