import type { Plan } from '../config/plan.ts'

type Services = Plan['services']

/** The services that are new, changed or dead, and those that directly or indirectly need one of them. */
export function servicesToStart(before: Services, after: Services, dead: ReadonlySet<string>): ReadonlySet<string> {
  const changed = (name: string): boolean =>
    dead.has(name) ||
    before[name]?.hash !== after[name]?.hash ||
    runsToItsEnd(before, name) !== runsToItsEnd(after, name)
  const found = new Set(Object.keys(after).filter(changed))
  for (let size = -1; size < found.size;) {
    size = found.size
    for (const [name, { needs }] of Object.entries(after))
      if (Object.keys(needs).some((need) => found.has(need))) found.add(name)
  }
  return found
}

/** Whether another service needs this one as completed; then its end is expected. */
export function runsToItsEnd(services: Services, name: string): boolean {
  return Object.values(services).some(({ needs }) => needs[name] === 'completed')
}

/** Whether another service needs this one. */
export function isNeeded(services: Services, name: string): boolean {
  return Object.values(services).some(({ needs }) => needs[name] !== undefined)
}

/** The services that keep running and that a service to be started needs. */
export function runningNeedsOf(services: Services, starting: ReadonlySet<string>): readonly string[] {
  const needs = [...starting].flatMap((name) => Object.keys(services[name]?.needs ?? {}))
  return [...new Set(needs)].filter((name) => !starting.has(name))
}
