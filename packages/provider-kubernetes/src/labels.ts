import { createHash } from 'node:crypto'
import { parseOwner, type Owner, type Run } from '@moorage/core/provider'

/** Label of every object of a run; its value is the run id. */
export const RUN_LABEL = 'moorage.run'
/** Label of a pod; its value is the service's host name. */
export const SERVICE_LABEL = 'moorage.service'
/**
 * Annotation of a namespace, a Job or a Lease: the process that owns the run, as JSON, which no label value can hold.
 */
export const OWNER_ANNOTATION = 'moorage.owner'
/** Annotation of a namespace: the {@link LivenessKind} of its run, by which a sweep judges it. */
export const LIVENESS_ANNOTATION = 'moorage.liveness'

/** The kind of object that proves that a run is alive. */
export type LivenessKind = 'job' | 'lease'

// Source: kubernetes.io, "Recommended Labels".
const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'moorage' }

/** The labels of every object of a run. */
export function runLabels({ labels }: Pick<Run, 'labels'>): { readonly [name: string]: string } {
  const values = Object.entries(labels).map(([name, value]) => [name, toLabelValue(value)] as const)
  return { ...MANAGED_BY, ...Object.fromEntries(values) }
}

/** The owner in an object's annotations; undefined when there is none or it is malformed. */
export function readOwner(annotations: { readonly [name: string]: string } | undefined): Owner | undefined {
  return parseOwner(annotations?.[OWNER_ANNOTATION])
}

/**
 * A valid label value: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends. A text that
 * has to change keeps its identity in a hash at the end. Source: Kubernetes, "Labels and Selectors".
 */
export function toLabelValue(text: string): string {
  if (/^([a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?)?$/i.test(text)) return text
  return `${text
    .replace(/[^a-z0-9_.-]+/gi, '-')
    .slice(0, 54)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '')}-${shortHash(text)}`.replace(/^-/, '')
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6)
}
