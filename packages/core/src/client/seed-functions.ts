import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import type { Plan } from '../config/plan.ts'

/** Functions by service; each is called with the connection that tests get. */
export type Seeds<E = unknown> = { readonly [K in keyof E]?: (connection: E[K]) => Promise<void> | void }

type AnySeeds = { readonly [service: string]: ((connection: never) => Promise<void> | void) | undefined }

/** Before anything exists: a seed that nobody would call, or that would come too late. */
export function checkSeeds(seeds: object, { services }: Plan): void {
  for (const [name, seed] of Object.entries(seeds)) {
    const at = `provision(config, { seeds: { ${name} } })`
    const planned = services[name]
    if (!planned)
      throw invalid(
        `${at}: there is no service of that name in the config.`,
        `There are ${Object.keys(services).join(', ')}.`,
      )
    if (typeof seed !== 'function')
      throw invalid(`${at} is no function.`, `A module is named in the config: seed: './seed.ts'.`)
    if (planned.given !== undefined)
      throw invalid(
        `${at}: ${planned.variable} is set, and a database of yours is never seeded.`,
        `Unset ${planned.variable}, or leave the seed out.`,
      )
    if (planned.spec.isolate)
      throw invalid(
        `${at}: services.${name} is isolated, and what tests begin with is set aside before functions are called.`,
        "Name a module in the config: seed: './seed.ts'.",
      )
  }
}

/** All at once; rejects with the first failure when every one has ended. */
export async function callSeeds(seeds: object, connections: { readonly [service: string]: unknown }): Promise<void> {
  const calls = Object.entries(seeds as AnySeeds).map(async ([service, seed]) => {
    try {
      await seed?.(connections[service] as never)
    } catch (cause) {
      if (isMoorageError(cause)) throw cause
      throw new MoorageError('SEED_FAILED', `services.${service}: its seed function failed: ${messageOf(cause)}.`, {
        service,
        phase: 'ready',
        hint: 'Correct the seed: it is called with the connection that tests get.',
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
