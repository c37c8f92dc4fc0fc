import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'
import { closestWord } from './closest-word.ts'
import { resolveNeeds } from './dependencies.ts'

/**
 * The config with only the named services and those that they directly or indirectly need. Throws `MoorageError`: USAGE
 * for a name that the config does not have, CONFIG_INVALID for wrong needs.
 */
export function selectServices(config: AnyConfig, names: readonly string[]): AnyConfig {
  const all = config.services
  const selected = new Set<string>()
  const add = (name: string): void => {
    const spec = Object.hasOwn(all, name) ? all[name] : undefined
    if (!spec) throw unknownService(name, Object.keys(all))
    if (selected.has(name)) return
    selected.add(name)
    for (const need of Object.keys(resolveNeeds(name, spec, all))) add(need)
  }
  for (const name of names) add(name)
  // In the order of the config.
  return { ...config, services: Object.fromEntries(Object.entries(all).filter(([name]) => selected.has(name))) }
}

function unknownService(name: string, names: readonly string[]): MoorageError {
  const meant = closestWord(name, names)
  return new MoorageError('USAGE', `The config has no service '${name}'.${meant ? ` Did you mean ${meant}?` : ''}`, {
    hint: `Its services are ${names.join(', ')}.`,
  })
}
