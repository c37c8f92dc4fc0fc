import { MoorageError } from '@moorage/core'

/** Settings of a server by name, as its configuration file spells them. */
export type Settings = { readonly [name: string]: string | number | boolean }

/**
 * Turns the option `settings` into texts: `true` and `false` become `words`. Throws `MoorageError` (CONFIG_INVALID) for
 * an invalid name or value, and for a setting in `reserved`, which moorage needs for itself.
 */
export function settingsText(
  preset: string,
  settings: Settings | undefined,
  { reserved, words }: { readonly reserved: readonly string[]; readonly words: readonly [yes: string, no: string] },
): { readonly [name: string]: string } {
  const entries = Object.entries(settings ?? {}).map(([name, value]: [string, unknown]) => {
    const at = `${preset}({ settings: { ${/^\w+$/.test(name) ? name : `'${name}'`} } })`
    if (!/^[a-z_][\w.-]*$/i.test(name)) throw invalid(`${at} is not the name of a setting.`)
    if (reserved.includes(name.toLowerCase()))
      throw new MoorageError('CONFIG_INVALID', `${at}: moorage sets ${name} itself.`, { hint: 'Remove the setting.' })
    if (typeof value === 'boolean') return [name, value ? words[0] : words[1]]
    if (typeof value === 'string' ? /[\0\r\n]/.test(value) : !Number.isFinite(value))
      throw invalid(`${at} is not a number, a boolean or a single line of text.`)
    return [name, String(value)]
  })
  return Object.fromEntries(entries) as { [name: string]: string }
}

function invalid(message: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, {
    hint: "Write settings as the server's configuration file spells them, such as max_connections: 200.",
  })
}
