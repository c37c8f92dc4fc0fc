import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProviderRef } from '../contract/provider.ts'

/**
 * The option `provider`. Throws `MoorageError` (CONFIG_INVALID) for anything but the result of a provider's function.
 */
export function checkedProvider(provider: unknown): ProviderRef | undefined {
  if (provider === undefined) return undefined
  if (typeof (provider as Partial<ProviderRef> | null)?.module === 'string') return provider as ProviderRef
  const given = typeof provider === 'function' ? 'a function' : JSON.stringify(provider)
  throw new MoorageError('CONFIG_INVALID', `provider: ${given} is not a provider.`, {
    hint: "Import one and call it: import { docker } from 'moorage', then provider: docker().",
  })
}

/** The chosen provider with the options that the config gives under its name. Those of the call itself win. */
export function chosenProvider(provider: ProviderRef, configured: readonly ProviderRef[]): ProviderRef {
  const options = configured.find((ref) => isSame(ref, provider))?.options
  return options ? { ...provider, options: { ...options, ...provider.options } } : provider
}

/** The providers of an installation, with the options that the config gives them. */
export function configuredProviders(
  providers: readonly ProviderRef[],
  { configured = [] }: Pick<AnyConfig, 'configured'>,
): readonly ProviderRef[] {
  return providers.map((provider) => configured.find((ref) => isSame(ref, provider)) ?? provider)
}

/** The provider that the variable `MOORAGE_PROVIDER` names. Throws `MoorageError` (USAGE) for an unknown name. */
export function providerNamed(name: string, known: readonly ProviderRef[]): ProviderRef {
  const found = known.find((ref) => ref.name === name)
  if (found) return found
  throw new MoorageError('USAGE', `MOORAGE_PROVIDER is '${name}', which is not the name of a provider.`, {
    hint: `Unset it, or set it to one of ${[...new Set(known.map((ref) => ref.name))].join(', ')}.`,
  })
}

function isSame(a: ProviderRef, b: ProviderRef): boolean {
  return a.name === b.name && a.module === b.module
}
