import { abortable, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { ProbeResult, Provider, ProviderRef } from '../contract/provider.ts'
import type { ProviderCandidates } from '../protocol/run-request.ts'

export interface ProviderChoice {
  readonly ref: ProviderRef
  readonly provider: Provider
  /** For the user: what was chosen, and why. */
  readonly reason: string
}

export interface SelectionOptions {
  load(ref: ProviderRef): Promise<Provider>
  readonly signal: AbortSignal
  readonly clock: Clock
}

// Milliseconds for a probe; a provider promises five seconds.
const PROBE_TIMEOUT_MS = 15_000

/**
 * Explicit wins, and its failure is an error; else the first that can be used. In CI no service with an image falls
 * back to processes: another database version and a green build would be the result.
 */
export async function selectProvider(
  candidates: ProviderCandidates,
  imaged: readonly string[],
  choosing: SelectionOptions,
): Promise<ProviderChoice> {
  const { explicit, inOrder, ci } = candidates
  const { load } = choosing
  if (explicit) {
    const provider = await load(explicit.provider)
    const probed = await probe(provider, choosing)
    if (!probed.ok)
      throw unavailable(
        `Provider ${provider.name}, chosen by ${explicit.by}, cannot be used: ${probed.reason}.`,
        probed.fix,
        provider.name,
      )
    return { ref: explicit.provider, provider, reason: `${probed.detail}; chosen by ${explicit.by}` }
  }
  const passed: { name: string; reason: string; fix: string }[] = []
  for (const ref of inOrder) {
    const provider = await load(ref)
    if (ci && provider.form === 'process' && imaged.length) {
      const fix = 'name it: provider: process() in the config, or MOORAGE_PROVIDER=process'
      passed.push({
        name: ref.name,
        reason: `not a fall-back in CI for services with an image (${imaged.join(', ')})`,
        fix,
      })
      continue
    }
    const probed = await probe(provider, choosing)
    if (probed.ok)
      return {
        ref,
        provider,
        reason: [probed.detail, ...passed.map(({ name, reason }) => `no ${name}: ${reason}`)].join('; '),
      }
    if (probed.broken)
      throw unavailable(`Provider ${ref.name} is there but cannot be used: ${probed.reason}.`, probed.fix, ref.name)
    passed.push({ name: ref.name, ...probed })
  }
  const lines = passed.map(({ name, reason, fix }) => `  ${name}: ${reason}. To use it: ${fix}.`)
  throw unavailable('No provider can be used for these services.', lines.join('\n'))
}

/** Finds a provider that the user named by `MOORAGE_PROVIDER`. */
export function providerNamed(name: string, known: readonly ProviderRef[]): ProviderRef {
  const found = known.find((ref) => ref.name === name)
  if (found) return found
  throw new MoorageError('USAGE', `MOORAGE_PROVIDER is '${name}', which is not a provider.`, {
    hint: `Unset it, or set it to one of ${[...new Set(known.map((ref) => ref.name))].join(', ')}.`,
  })
}

async function probe(provider: Provider, { signal, clock }: SelectionOptions): Promise<ProbeResult> {
  try {
    const late = (): ProbeResult => ({
      ok: false,
      reason: `it did not answer within ${PROBE_TIMEOUT_MS / 1000} s`,
      fix: 'see whether its engine hangs',
    })
    return await abortable(withTimeout(provider.probe(signal), { clock, ms: PROBE_TIMEOUT_MS, late }), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new MoorageError(
      'PROVIDER_UNAVAILABLE',
      `Provider ${provider.name} failed while it was probed: ${messageOf(error)}.`,
      {
        provider: provider.name,
        hint: 'This is a defect of that provider; MOORAGE_PROVIDER names another one.',
        cause: error,
      },
    )
  }
}

/** A fix is written to stand within a sentence; here it is one. A command in backquotes, or one of npm's, stays as it is typed. */
function sentence(text: string): string {
  if (/^(\s|npm )/.test(text)) return text.startsWith('npm ') ? `Run: ${text}` : text
  const ends = /: kubectl [^\n]*$/.test(text) ? '' : '.'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${ends}`
}

function unavailable(message: string, hint: string, provider?: string): MoorageError {
  return new MoorageError('PROVIDER_UNAVAILABLE', message, { hint: sentence(hint), ...(provider ? { provider } : {}) })
}
