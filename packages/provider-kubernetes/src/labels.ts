import { createHash } from 'node:crypto'
import type { Owner, Run } from '@moorage/core/provider'

// On every object. Source of the second: kubernetes.io, "Recommended Labels".
export const RUN = 'moorage.run'
export const SERVICE = 'moorage.service'
const MANAGED = { 'app.kubernetes.io/managed-by': 'moorage' }

/** On the namespace and the deadman: whose process holds the run. An annotation, since it fits no label. */
export const OWNER = 'moorage.owner'

/** On the namespace: by what its run proves that it lives, for sweeps. */
export const LIVENESS = 'moorage.liveness'
export type Liveness = 'job' | 'lease'

export function labelsOf({ labels }: Run): { readonly [name: string]: string } {
  return { ...MANAGED, ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, labelValue(value)])) }
}

export function ownerIn(annotations: { readonly [name: string]: string } | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(annotations?.[OWNER] ?? '') as Owner
    return typeof owner.host === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

/** At most 63 of letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; what is changed lives on in a hash. */
export function labelValue(text: string): string {
  if (/^([a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?)?$/i.test(text)) return text
  return `${text
    .replace(/[^a-z0-9_.-]+/gi, '-')
    .slice(0, 54)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '')}-${short(text)}`.replace(/^-/, '')
}

/** A service's key as a DNS label: `db` stays `db`, anything else gets a hash, so that no two meet. */
export function hostLabel(key: string): string {
  if (/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(key)) return key
  const clean = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '')
  return `${/^[a-z]/.test(clean) ? '' : 's'}${clean}-${short(key)}`.replace(/--+/g, '-')
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6)
}
