import { createHash } from 'node:crypto'

// Of Kubernetes' 63, with room for what a provider puts around it.
const MAX_CHARACTERS = 40

/**
 * The host name of a service on every provider: its key in lower case. A config's keys are letters, digits and dashes
 * and differ in more than case. Any other text gets a hash, so that no two names collide. Source: RFC 1123, section
 * 2.1.
 */
export function serviceHostName(key: string): string {
  const name = key.toLowerCase()
  if (name.length <= MAX_CHARACTERS && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) return name
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 6)
  const clean = name
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '')
  return `${/^[a-z]/.test(clean) ? '' : 's'}${clean}-${hash}`.replace(/--+/g, '-')
}
