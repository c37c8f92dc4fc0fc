import type { AnyConfig } from '../contract/config-types.ts'
import { urlVariable, type EnvVariables } from './url-variables.ts'
import { inheritedPayload } from './test-payload.ts'

/** A service that the user runs, because the variable of its URL is set. */
export interface GivenService {
  readonly service: string
  readonly variable: string
  readonly url: string
  /** The options of the service that have no effect on it. */
  readonly ignored: readonly ('seed' | 'isolate')[]
}

/** The services whose URL the user has set. A variable that an outer run of moorage has set does not count. */
export function givenServices({ services }: Pick<AnyConfig, 'services'>, env: EnvVariables): readonly GivenService[] {
  const setByOuterRun = new Set(inheritedPayload(env)?.variables)
  return Object.entries(services).flatMap(([service, spec]) => {
    const variable = urlVariable(service, spec)
    const url = setByOuterRun.has(variable) ? undefined : env[variable]
    return url ? [{ service, variable, url, ignored: ignoredOptions(spec) }] : []
  })
}

/** The options that moorage does not apply to a database of the user's. */
export function ignoredOptions(spec: {
  readonly seed?: unknown
  readonly isolate?: unknown
}): readonly ('seed' | 'isolate')[] {
  return (['seed', 'isolate'] as const).filter((option) => spec[option] !== undefined)
}

/** What users read of such a service, wherever it is listed. */
export function describeGiven({ variable, ignored }: Pick<GivenService, 'variable' | 'ignored'>): string {
  const effect = ignored.length > 1 ? 'have no effect' : 'has no effect'
  return `${variable} is set: used as it is, not started${ignored.length ? `; ${ignored.join(' and ')} ${effect}` : ''}`
}
