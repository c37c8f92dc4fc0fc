import { providerCandidates, type Installation } from '../client/open-request.ts'
import type { Plan, PlannedService } from '../config/plan.ts'
import type { EnvVariables } from '../config/url-variables.ts'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import type { ProbeResult, Provider, ProviderRef, UnitSpec } from '../contract/provider.ts'
import type { ServiceSpec } from '../contract/service.ts'
import type { ProviderCandidates } from '../protocol/run-request.ts'
import { monotonicClock, withTimeout } from '../provider-kit/clock.ts'
import { previewUnits } from '../provisioning/render-run.ts'
import { probeInTime, selectProvider } from '../provisioning/select-provider.ts'
import { requireSupportedOptions } from '../provisioning/unsupported-options.ts'
import { createCachedProviderLoader, type ProviderLoader } from '../recovery/cached-provider-loader.ts'
import { realSystem } from '../recovery/system.ts'

/** A provider of an installation, and whether it can be used here. */
export interface InspectedProvider {
  readonly name: string
  readonly probe: ProbeResult
  /** Undefined if its module does not load. */
  readonly provider?: Provider
}

/** What moorage would do with a config on this machine. */
export interface ProviderInspection {
  /** The chosen one first, if the user chose one. */
  readonly providers: readonly InspectedProvider[]
  /** The provider that would run the services, or why none would. */
  readonly choice: { readonly name: string; readonly reason: string } | { readonly error: MoorageError }
  /** The services that would run on a provider, by key. */
  readonly services: { readonly [service: string]: ServiceSpec }
  /** Those of them that have a container form, with `***` for each secret. */
  readonly units: readonly UnitSpec[]
  /** The first option of a service that the chosen provider does not support. */
  readonly unsupported?: MoorageError
}

export interface InspectionOptions {
  /** Default: the machine is inspected without services. */
  readonly plan?: Plan
  readonly env: EnvVariables
  /** The folder from which packages are resolved. */
  readonly root: string
  readonly signal: AbortSignal
}

/** Probes every provider, and chooses one as a start would. Starts nothing. */
export async function inspectProviders(
  installation: Pick<Installation, 'providers'>,
  { plan, env, root, signal }: InspectionOptions,
): Promise<ProviderInspection> {
  const load = createCachedProviderLoader(realSystem(), () => root)
  const started = Object.entries(plan?.services ?? {}).filter(
    ([, { spec, given }]) => given === undefined && spec.placement !== 'host',
  )
  const withContainer = started.filter(([, { spec }]) => spec.container)
  const services = Object.fromEntries(started.map(([name, { spec }]) => [name, spec]))
  const units = plan ? previewUnits(plan, withContainer) : []
  const candidates = candidatesOf(installation, plan, env)
  if (isMoorageError(candidates)) {
    const providers = await probeEach(installation.providers, load, signal)
    return { providers, choice: { error: candidates }, services, units }
  }
  const { explicit, inOrder } = candidates
  const others = inOrder.filter(({ name }) => name !== explicit?.provider.name)
  const providers = await probeEach([...(explicit ? [explicit.provider] : []), ...others], load, signal)
  const withImage = withContainer.map(([name]) => name)
  const choice = await choose(candidates, { providers, withImage, signal })
  const chosen = 'name' in choice ? providers.find(({ name }) => name === choice.name)?.provider : undefined
  const unsupported = chosen && (await findUnsupported(chosen, started))
  return { providers, choice, services, units, ...(unsupported ? { unsupported } : {}) }
}

function candidatesOf(
  installation: Pick<Installation, 'providers'>,
  plan: Plan | undefined,
  env: EnvVariables,
): ProviderCandidates | MoorageError {
  try {
    return providerCandidates(installation, plan ?? {}, env)
  } catch (error) {
    if (isMoorageError(error)) return error
    throw error
  }
}

async function probeEach(
  refs: readonly ProviderRef[],
  load: ProviderLoader,
  signal: AbortSignal,
): Promise<readonly InspectedProvider[]> {
  return await Promise.all(
    refs.map(async (ref): Promise<InspectedProvider> => {
      try {
        const provider = await load(ref)
        return { name: ref.name, provider, probe: await probeInTime(provider, { signal, clock: monotonicClock }) }
      } catch (error) {
        const reason = messageOf(error).replace(/\.$/, '')
        return {
          name: ref.name,
          probe: { ok: false, broken: true, reason, fix: 'report it: this is a bug in that provider' },
        }
      }
    }),
  )
}

interface ChoiceInput {
  readonly providers: readonly InspectedProvider[]
  readonly withImage: readonly string[]
  readonly signal: AbortSignal
}

async function choose(
  candidates: ProviderCandidates,
  { providers, withImage, signal }: ChoiceInput,
): Promise<ProviderInspection['choice']> {
  const load = (ref: ProviderRef): Promise<Provider> => {
    const inspected = providers.find(({ name }) => name === ref.name)
    const { provider, probe } = inspected as InspectedProvider
    // Each provider is probed once.
    const known = { name: ref.name, form: provider?.form ?? 'container', open: rejectOpen }
    return Promise.resolve({ ...known, probe: () => Promise.resolve(probe) })
  }
  try {
    const { ref, reason } = await selectProvider(candidates, withImage, { load, signal, clock: monotonicClock })
    return { name: ref.name, reason }
  } catch (error) {
    if (isMoorageError(error)) return { error }
    throw error
  }
}

const rejectOpen: Provider['open'] = () => Promise.reject(new RangeError('an inspection opens no session'))

// A provider promises to check its options within 5 s.
const OPTIONS_TIMEOUT_MS = 10_000

async function findUnsupported(
  provider: Provider,
  started: readonly [string, PlannedService][],
): Promise<MoorageError | undefined> {
  try {
    const checking = requireSupportedOptions(provider, started)
    await withTimeout(checking, { clock: monotonicClock, ms: OPTIONS_TIMEOUT_MS, late: () => undefined })
    return undefined
  } catch (error) {
    if (isMoorageError(error)) return error
    throw error
  }
}
