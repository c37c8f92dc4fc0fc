import type { ContainerSettings } from '../contract/container-settings.ts'
import type { OptionProblem } from '../contract/provider.ts'

/** Why a provider does not honour a setting. `at` is a path below the setting, such as `[0].mode`. */
export interface SettingRefusal extends Omit<OptionProblem, 'at'> {
  readonly at?: string
}

/**
 * How a provider treats each setting of a container: it honours every value, refuses every value, or decides for each
 * value. The type demands all settings, so that none is forgotten and dropped silently.
 */
export type SettingSupport = {
  readonly [S in keyof ContainerSettings]-?:
    | 'honoured'
    | SettingRefusal
    | ((value: NonNullable<ContainerSettings[S]>) => SettingRefusal | undefined)
}

/**
 * The settings of a container that a provider refuses. A value that asks for nothing, such as `false`, is never
 * refused.
 */
export function refusedSettings(
  settings: ContainerSettings | undefined,
  support: SettingSupport,
): readonly OptionProblem[] {
  return (Object.keys(support) as (keyof ContainerSettings)[]).flatMap((setting) => {
    const value = settings?.[setting]
    if (value === undefined || asksForNothing(value)) return []
    const treatment = support[setting] as 'honoured' | SettingRefusal | ((given: unknown) => SettingRefusal | undefined)
    if (treatment === 'honoured') return []
    const refusal = typeof treatment === 'function' ? treatment(value) : treatment
    return refusal ? [{ reason: refusal.reason, fix: refusal.fix, at: `${setting}${refusal.at ?? ''}` }] : []
  })
}

function asksForNothing(value: unknown): boolean {
  return value === false || (typeof value === 'object' && value !== null && !Object.keys(value).length)
}
