import { MoorageError, rejectUnknownOptions, type JsonObject, type OptionNames } from '@moorage/core/provider'

export interface NerdctlOptions {
  /** The program. Default: `nerdctl` on PATH. */
  readonly program?: string
  /** The namespace of containerd. Default: nerdctl's own, from `CONTAINERD_NAMESPACE` or its configuration file. */
  readonly namespace?: string
  /** Address of containerd. Default: nerdctl's own, from `CONTAINERD_ADDRESS` or its configuration file. */
  readonly address?: string
}

const OPTIONS: OptionNames<NerdctlOptions> = { program: true, namespace: true, address: true }

/** Throws `MoorageError` (CONFIG_INVALID). */
export function checkOptions(options: NerdctlOptions): void {
  rejectUnknownOptions('nerdctl', options, OPTIONS)
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new MoorageError('CONFIG_INVALID', `nerdctl({ ${name} }): ${JSON.stringify(value)} is not a text.`, {
        provider: 'nerdctl',
        hint: 'Give a string, or omit the option.',
      })
}

/** The options as plain data, as the supervisor gets them. */
export function readOptions(options: JsonObject): NerdctlOptions {
  const texts = Object.entries(options).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(texts) as NerdctlOptions
}
