import type { Installation } from '../client/open-request.ts'
import type { Plan } from '../config/plan.ts'
import type { Builder } from '../contract/builder.ts'
import { isMoorageError, type MoorageError } from '../contract/errors.ts'
import type { Provider } from '../contract/provider.ts'
import { chooseBuilder, choosePlatform, describeBuild } from '../provisioning/run-images.ts'
import { loadBuilders } from '../recovery/system.ts'

/** What would build the image of a service. */
export type InspectedBuild = { readonly service: string } & (
  | { readonly builder: string; readonly detail: string }
  | { readonly error: MoorageError }
)

export interface BuildInspectionOptions {
  /** The chosen one, whose probe has succeeded. */
  readonly provider: Provider
  readonly plan: Plan
  readonly signal: AbortSignal
}

const RUN_ID = 'moorage-doctor'

/** Which builder each image of the config would be built with. Builds nothing. */
export async function inspectBuilders(
  installation: Pick<Installation, 'builders'>,
  { provider, plan, signal }: BuildInspectionOptions,
): Promise<readonly InspectedBuild[]> {
  const builds = Object.entries(plan.services).flatMap(([service, { spec, given }]) =>
    given === undefined && typeof spec.container?.image === 'object' && spec.placement !== 'host'
      ? [{ service, spec: spec.container.image }]
      : [],
  )
  // The provider refuses them: that is an option that it does not support.
  if (!builds.length || !provider.imageStores) return []
  const found = await provider.imageStores(signal)
  const installed = installation.builders && (await loadBuilders(installation.builders, plan.root))
  const builders = installed?.builders ?? new Map<string, Builder>()
  return await Promise.all(
    builds.map(async ({ service, spec }): Promise<InspectedBuild> => {
      try {
        const platform = choosePlatform(service, spec, found)
        const describe = (store: (typeof found.stores)[number]): Parameters<Builder['probe']>[0] => ({
          ...describeBuild({ service, spec, platform, store }, RUN_ID),
          labels: {},
          onProgress: () => {},
        })
        const { name, detail } = await chooseBuilder(builders, { found, describe, service }, signal)
        return { service, builder: name, detail }
      } catch (error) {
        if (isMoorageError(error)) return { service, error }
        throw error
      }
    }),
  )
}
