import type { IsolatedService } from './test-payload.ts'
import type { Plan } from './plan.ts'

/** The part of the payload from which test workers open slots; empty if no service is isolated. */
export function isolatedServices({ services, root }: Plan): {
  readonly isolated?: { readonly [name: string]: IsolatedService }
} {
  const entries = Object.entries(services).flatMap(([name, { spec, given, variable }]) => {
    const { isolate } = spec
    if (!isolate) return []
    const isolated: IsolatedService = {
      each: isolate.each,
      module: isolate.module.$file,
      root,
      ...(given === undefined ? {} : { given: variable }),
    }
    return [[name, isolated] as const]
  })
  return entries.length ? { isolated: Object.fromEntries(entries) } : {}
}
