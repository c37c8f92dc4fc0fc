import { existsSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'

/** Whether a link leads out of what is delivered, so that its target has to come along. `roots` are real paths. */
export function leadsOut(link: string, roots: readonly string[]): boolean {
  if (!existsSync(link)) return false
  const real = realpathSync(link)
  return !roots.some((root) => real === root || real.startsWith(`${root}${sep}`))
}
