import { MoorageError } from '../contract/errors.ts'
import { closestWord } from './closest-word.ts'

/** Every name of an interface of options. The type demands all of them, so that the list cannot fall behind. */
export type OptionNames<O> = { readonly [K in keyof O]-?: true }

/**
 * Throws `MoorageError` (CONFIG_INVALID) for an option that does not exist, and for anything but an object of options.
 * `call` is what the user has called, such as `postgres`. An option that is undefined counts as absent.
 */
export function rejectUnknownOptions<O extends object>(call: string, options: O, known: OptionNames<O>): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const shown = Array.isArray(given) ? 'an array' : typeof given === 'function' ? 'a function' : JSON.stringify(given)
    throw new MoorageError('CONFIG_INVALID', `${call}(): ${shown} is not an object of options.`, {
      hint: `Write ${call}({ ${Object.keys(known)[0] ?? ''}: … }).`,
    })
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(known, name))
      throw unknownName(`${call}({ ${name} })`, { kind: 'option', name, known: Object.keys(known) })
  }
}

/** The error for a name that does not exist, with the one that the user may have meant. */
export function unknownName(
  at: string,
  { kind, name, known }: { readonly kind: string; readonly name: string; readonly known: readonly string[] },
): MoorageError {
  const meant = closestWord(name, known)
  const all = known.length ? `The ${kind}s are ${known.join(', ')}.` : `There are no ${kind}s: remove it.`
  return new MoorageError('CONFIG_INVALID', `${at}: there is no such ${kind}.`, {
    hint: meant === undefined ? all : `Did you mean ${meant}? ${all}`,
  })
}
