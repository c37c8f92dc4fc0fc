import type { Plan, PlannedService } from '../config/plan.ts'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'

/** Seed functions by service. Each is called with the connection that tests get. */
export type Seeds<E = unknown> = { readonly [K in keyof E]?: (connection: E[K]) => Promise<void> | void }

type AnySeeds = { readonly [service: string]: ((connection: never) => Promise<void> | void) | undefined }

/** Throws MoorageError (CONFIG_INVALID) for a seed function that would never be called, or too late. */
export function checkSeeds(seeds: object, { services }: Plan): void {
  for (const [name, seed] of Object.entries(seeds)) {
    const source = `provision(config, { seeds: { ${name} } })`
    const service = Object.hasOwn(services, name) ? services[name] : undefined
    if (!service) {
      const names = Object.keys(services).join(', ')
      throw invalid(`${source}: the config has no service of that name.`, `Its services are: ${names}.`)
    }
    if (typeof seed !== 'function')
      throw invalid(`${source} is not a function.`, "To use a module, name it in the config: seed: './seed.ts'.")
    checkService(source, name, service)
  }
}

function checkService(source: string, name: string, { given, variable, spec }: PlannedService): void {
  if (given !== undefined)
    throw invalid(
      `${source}: ${variable} is set, and moorage never seeds your own database.`,
      `Unset ${variable}, or omit the seed.`,
    )
  if (spec.isolate)
    throw invalid(
      `${source}: services.${name} is isolated, so its template is created before seed functions are called.`,
      "Name a module in the config: seed: './seed.ts'.",
    )
}

/** Calls all functions at once. Throws MoorageError (SEED_FAILED), the first failure, once all have settled. */
export async function callSeeds(seeds: object, connections: { readonly [service: string]: unknown }): Promise<void> {
  const calls = Object.entries(seeds as AnySeeds).map(async ([service, seed]) => {
    try {
      await seed?.(connections[service] as never)
    } catch (cause) {
      if (isMoorageError(cause)) throw cause
      throw new MoorageError('SEED_FAILED', `services.${service}: its seed function failed: ${messageOf(cause)}.`, {
        service,
        phase: 'ready',
        hint: 'Correct the seed function: it is called with the connection that tests get.',
        cause,
      })
    }
  })
  const failed = (await Promise.allSettled(calls)).find((call) => call.status === 'rejected')
  if (failed) throw failed.reason
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
