import type { Plan } from '../config/plan.ts'

type Services = Plan['services']

/** Services that have to start: what is new, has changed or has died, and whatever needs one of those. */
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

/** Whether somebody waits for the end of a service: then its end is no illness. */
export function runsToItsEnd(services: Services, name: string): boolean {
  return Object.values(services).some(({ needs }) => needs[name] === 'completed')
}

export function isNeeded(services: Services, name: string): boolean {
  return Object.values(services).some(({ needs }) => needs[name] !== undefined)
}

/** What stays and is needed by what starts. */
export function neededBy(services: Services, starting: ReadonlySet<string>): readonly string[] {
  const needs = [...starting].flatMap((name) => Object.keys(services[name]?.needs ?? {}))
  return [...new Set(needs)].filter((name) => !starting.has(name))
}
