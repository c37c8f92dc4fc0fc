/**
 * Lines that export variables. A POSIX shell and `node --env-file` read the same values from them, except a value that
 * contains both a single quote and a character that is special within double quotes: that one is for shells only.
 */
export function exportLines(variables: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`)
}

function quote(value: string): string {
  if (!value.includes("'")) return `'${value}'`
  if (!/["$`\\]/.test(value)) return `"${value}"`
  // In JSON, the escape means the same character.
  if (value.startsWith('{')) return `'${value.replaceAll("'", String.raw`\u0027`)}'`
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}
