import type { Json } from '../contract/json.ts'
import { isSensitiveName } from '../provider-kit/debug-log.ts'

// A shorter value would strike ordinary words out.
const MIN_SECRET_CHARACTERS = 4

/**
 * Strikes secrets out of lines: known values, credentials in URLs, and what stands behind a name that promises a
 * secret.
 */
export class Redactor {
  readonly #values = new Set<string>()

  hide(values: Iterable<string>): void {
    for (const value of values) {
      if (value.length < MIN_SECRET_CHARACTERS) continue
      this.#values.add(value)
      this.#values.add(encodeURIComponent(value))
      // As it stands inside a JSON string.
      this.#values.add(JSON.stringify(value).slice(1, -1))
    }
  }

  /** A line of JSON for these fields. */
  line(fields: { readonly [name: string]: Json | undefined }): string {
    const text = JSON.stringify(fields, (name, value: unknown) =>
      typeof value === 'string' ? (isSensitiveName(name) ? '***' : redactText(value)) : value,
    )
    let out = text
    for (const value of this.#values) out = out.replaceAll(value, '***')
    return out
  }
}

function redactText(text: string): string {
  return (
    text
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1***@')
      .replace(/\b(bearer|basic)\s+[\w+/=.~-]+/gi, '$1 ***')
      // PASSWORD=…, --password=…, password: …, and an API server's exec?command=…
      .replace(/([\w-]+)(=|:\s?)("[^"]*"|[^\s&"']+)/g, (whole, name: string, sign: string) =>
        isSensitiveName(name) || name === 'command' ? `${name}${sign}***` : whole,
      )
      .replace(/(--?[\w-]*(?:pass|password|secret|token)\s+)\S+/gi, '$1***')
  )
}
