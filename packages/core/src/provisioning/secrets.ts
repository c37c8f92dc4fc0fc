import { randomBytes } from 'node:crypto'
import { hideFromDebugLog } from '../provider-kit/debug-log.ts'

/** The random credentials of a run, which it can remove from any text. */
export class Secrets {
  readonly #values = new Map<string, string>()

  /** The same name yields the same value: 128 bits as hexadecimal digits, which need no encoding in a URL. */
  get(service: string, name: string): string {
    const key = `${service}/${name}`
    const known = this.#values.get(key)
    if (known) return known
    const value = randomBytes(16).toString('hex')
    this.#values.set(key, value)
    hideFromDebugLog([value])
    return value
  }

  /** Several secrets of a service, by name. */
  getAll(service: string, names: Iterable<string>): { [name: string]: string } {
    return Object.fromEntries([...names].map((name) => [name, this.get(service, name)]))
  }

  /** Replaces each secret in a text by `***`. */
  redact(text: string): string {
    let redacted = text
    for (const value of this.#values.values()) redacted = redacted.replaceAll(value, '***')
    return redacted
  }
}

/** A URL without its credentials, for output. */
export function displayUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')
}
