import { abortable, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { ProbeResult, Provider, ProviderRef } from '../contract/provider.ts'
import type { ProviderCandidates } from '../protocol/run-request.ts'

export interface ProviderChoice {
  readonly ref: ProviderRef
  readonly provider: Provider
  /** Why it was chosen, for the user. */
  readonly reason: string
}

export interface SelectionOptions {
  load(ref: ProviderRef): Promise<Provider>
  readonly signal: AbortSignal
  readonly clock: Clock
}

// A provider promises to settle its probe within 5 s, and a minute later where a program logs the user in.
const PROBE_TIMEOUT_MS = 75_000

/**
 * Selects the provider that the user chose, or else the first one that can be used. `withImage` are the services that
 * have an image: in CI they never fall back to plain processes, because a different version of a database would pass
 * unnoticed. Throws `MoorageError` (PROVIDER_UNAVAILABLE).
 */
export async function selectProvider(
  candidates: ProviderCandidates,
  withImage: readonly string[],
  options: SelectionOptions,
): Promise<ProviderChoice> {
  const { explicit, inOrder, ci } = candidates
  const { load } = options
  if (explicit) {
    const provider = await load(explicit.provider)
    const result = await probe(provider, options)
    if (!result.ok)
      throw unavailable(
        `Provider ${provider.name}, chosen by ${explicit.by}, cannot be used: ${result.reason}.`,
        result.fix,
        provider.name,
      )
    return { ref: explicit.provider, provider, reason: `${result.detail}; chosen by ${explicit.by}` }
  }
  const rejected: { name: string; reason: string; fix: string }[] = []
  for (const ref of inOrder) {
    const provider = await load(ref)
    if (ci && provider.form === 'process' && withImage.length) {
      const fix = 'choose it with provider: plainProcess() in the config, or with MOORAGE_PROVIDER=process'
      rejected.push({
        name: ref.name,
        reason: `not used as a fallback in CI for services with an image (${withImage.join(', ')})`,
        fix,
      })
      continue
    }
    const result = await probe(provider, options)
    if (result.ok)
      return {
        ref,
        provider,
        reason: [result.detail, ...rejected.map(({ name, reason }) => `no ${name}: ${reason}`)].join('; '),
      }
    if (result.broken)
      throw unavailable(`Provider ${ref.name} was found but cannot be used: ${result.reason}.`, result.fix, ref.name)
    rejected.push({ name: ref.name, ...result })
  }
  const lines = rejected.map(({ name, reason, fix }) => `  ${name}: ${reason}. To use it: ${fix}.`)
  throw unavailable('No provider can be used for these services.', lines.join('\n'))
}

async function probe(provider: Provider, options: Omit<SelectionOptions, 'load'>): Promise<ProbeResult> {
  try {
    return await probeInTime(provider, options)
  } catch (error) {
    options.signal.throwIfAborted()
    throw new MoorageError(
      'PROVIDER_UNAVAILABLE',
      `Provider ${provider.name} failed during its probe: ${messageOf(error)}.`,
      {
        provider: provider.name,
        hint: 'This is a bug in that provider. Set MOORAGE_PROVIDER to use another one.',
        cause: error,
      },
    )
  }
}

/** The result of a probe, which must not hang. Rejects with whatever the provider throws. */
export async function probeInTime(
  provider: Provider,
  { signal, clock }: Omit<SelectionOptions, 'load'>,
): Promise<ProbeResult> {
  const late = (): ProbeResult => ({
    ok: false,
    reason: `it did not answer within ${PROBE_TIMEOUT_MS / 1000} s`,
    fix: 'check whether its engine responds',
  })
  return await abortable(withTimeout(provider.probe(signal), { clock, ms: PROBE_TIMEOUT_MS, late }), signal)
}

/** Turns a fix, which is a clause, into a sentence. A command stays as it is typed. */
function sentence(text: string): string {
  if (/^(\s|npm )/.test(text)) return text.startsWith('npm ') ? `Run: ${text}` : text
  const ends = /: kubectl [^\n]*$/.test(text) ? '' : '.'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${ends}`
}

function unavailable(message: string, hint: string, provider?: string): MoorageError {
  return new MoorageError('PROVIDER_UNAVAILABLE', message, { hint: sentence(hint), ...(provider ? { provider } : {}) })
}
