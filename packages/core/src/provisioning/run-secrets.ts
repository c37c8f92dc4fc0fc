import { randomBytes } from 'node:crypto'
import { urlSecrets } from '../config/parse-service-url.ts'
import { hideFromDebugLog } from '../provider-kit/debug-log.ts'

/** The credentials of a run, generated and given, which it can remove from any text. */
export class RunSecrets {
  readonly #values = new Map<string, string>()
  readonly #given = new Set<string>()

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

  /** Treats a value that the user gave like a generated one. */
  hide(value: string): void {
    if (!value) return
    this.#given.add(value)
    hideFromDebugLog([value])
  }

  /** Treats the credentials in a URL that the user gave like generated ones. */
  hideUrl(url: string): void {
    const values = urlSecrets(url)
    for (const value of values) this.#given.add(value)
    hideFromDebugLog(values)
  }

  /** Replaces each secret in a text by `***`. */
  redact(text: string): string {
    // The longest first: one secret can be a part of another.
    const values = [...this.#values.values(), ...this.#given].toSorted((a, b) => b.length - a.length)
    return values.reduce((redacted, value) => redacted.replaceAll(value, replacement(value)), text)
  }
}

// A short password is recognised by the characters around it in a URL, which stay.
function replacement(value: string): string {
  return value.startsWith(':') && value.endsWith('@') ? ':***@' : '***'
}
