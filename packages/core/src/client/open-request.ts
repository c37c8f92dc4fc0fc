import { randomBytes } from 'node:crypto'
import { createPlan, type Plan } from '../config/plan.ts'
import { inherited, type Environ } from '../config/env-variables.ts'
import { canonical, type Json } from '../contract/json.ts'
import { keepFor } from '../config/keep.ts'
import type { ProviderRef } from '../contract/provider.ts'
import { inCi, runIdentity } from './run-id.ts'
import { providerNamed, type Candidates } from '../provisioning/select-provider.ts'
import type { OpenParams } from '../supervisor/supervised-run.ts'
import type { Folders } from '../supervisor/supervisor-context.ts'
import { cacheFolder, identityOf, placeOf, runFolder } from '../protocol/paths.ts'
import type { AnyConfig } from '../contract/config-types.ts'

/** The providers of an installation. */
export interface Installation {
  /** In order of preference. */
  readonly providers: readonly ProviderRef[]
  /** Runs what is placed on the host. */
  readonly host: ProviderRef
}

/** A config made ready to be asked for. */
export interface Request {
  readonly plan: Plan
  readonly params: Omit<OpenParams, 'protocol'>
  readonly folders: Folders
}

export interface Asking {
  readonly env: Environ
  /** Also in CI a run that other processes may find. */
  readonly shared?: boolean
  /** A run that nobody else may find. */
  readonly alone?: boolean
}

// One per process: several projects of one runner are one run.
const NONCE = Symbol.for('moorage.nonce')
const holder = globalThis as { [NONCE]?: string }

/** Pure but for looking at files and making the run folder. Throws `MoorageError` before anything is started. */
export function requestFor(installation: Installation, config: AnyConfig, { env, shared, alone = false }: Asking): Request {
  const plan = createPlan(config, env)
  const candidates = candidatesOf(installation, plan, env)
  const nonce = (holder[NONCE] ??= randomBytes(8).toString('hex'))
  const family = alone ? randomBytes(16).toString('hex') : familyOf(plan, { env, nonce: candidates.ci && !shared ? nonce : '' })
  const outer = inherited(env)
  // A child of a run that asks for the same spec joins it, in CI too.
  const identity = outer?.hash === plan.hash && !alone ? outer.identity : identityOf([family, plan.hash])
  const folder = runFolder(env)
  const keep = keepFor(config, env)
  const order = { plan, candidates, host: installation.host, ...(keep === undefined ? {} : { keep }) }
  return {
    plan,
    params: { order, run: runIdentity(env, randomBytes(8).toString('hex')), identity, family },
    folders: { place: placeOf(identity, folder), runFolder: folder, cache: cacheFolder(env) },
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

/** Equal for clients whose runs can become each other's: same project, same engine; in CI the same process as well, by its nonce. */
function familyOf({ root, provider }: Plan, { env, nonce }: { env: Environ; nonce: string }): string {
  return identityOf([root, canonical((provider ?? null) as unknown as Json), ...ENGINE.map((name) => env[name] ?? ''), nonce])
}
