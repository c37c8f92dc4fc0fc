import { randomBytes } from 'node:crypto'
import { hideFromDebugLog } from '../provider-kit/debug-log.ts'

/** Random credentials of a run; what it has made, it can strike out of any text. */
export class Secrets {
  readonly #values = new Map<string, string>()

  /** The same name gives the same value within a run. 128 bits, letters and digits only: safe in a URL as it stands. */
  get(service: string, name: string): string {
    const key = `${service}/${name}`
    const known = this.#values.get(key)
    if (known) return known
    const value = randomBytes(16).toString('hex')
    this.#values.set(key, value)
    hideFromDebugLog([value])
    return value
  }

  of(service: string, names: Iterable<string>): { [name: string]: string } {
    return Object.fromEntries([...names].map((name) => [name, this.get(service, name)]))
  }

  redact(text: string): string {
    let out = text
    for (const value of this.#values.values()) out = out.replaceAll(value, '***')
    return out
  }
}

/** A URL for people: without its password. */
export function displayUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')
}
