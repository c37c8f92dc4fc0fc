const NULLS: readonly string[] = ['', '~', 'null', 'Null', 'NULL']
const TRUE: readonly string[] = ['true', 'True', 'TRUE']
const FALSE: readonly string[] = ['false', 'False', 'FALSE']

/**
 * The value of a plain scalar as Compose reads it: `0440` and `0o440` are octal, digits may hold underscores, and `yes`
 * and dates are text. Source: go.yaml.in/yaml, resolve.go.
 */
export function resolveScalar(text: string): string | number | boolean | null {
  if (NULLS.includes(text)) return null
  if (TRUE.includes(text)) return true
  if (FALSE.includes(text)) return false
  const digits = text.replaceAll('_', '')
  const [, sign = '', octal] = /^([-+]?)0o?([0-7]+)$/.exec(digits) ?? []
  if (octal !== undefined) return safeInteger(Number.parseInt(`${sign}${octal}`, 8), text)
  const [, sign2 = '', based] = /^([-+]?)(0x[0-9a-f]+|0b[01]+)$/i.exec(digits) ?? []
  if (based !== undefined) return safeInteger((sign2 === '-' ? -1 : 1) * Number(based), text)
  if (/^[-+]?(?:0|[1-9][0-9]*)$/.test(digits)) return safeInteger(Number(digits), text)
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(digits)) return Number(digits)
  return text
}

/** A number that JavaScript cannot hold stays text, so that no digit is lost. */
function safeInteger(value: number, text: string): number | string {
  return Number.isSafeInteger(value) ? value : text
}
