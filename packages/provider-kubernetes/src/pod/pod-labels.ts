import { toLabelValue } from '../labels.ts'

/** Label of a pod for each further name of its service; an alias Service selects by it. */
export const ALIAS_LABEL_PREFIX = 'moorage.alias/'
/** Annotation of a pod: the labels of its service whose name Kubernetes does not accept, as JSON. */
const LABELS_ANNOTATION = 'moorage.labels'

interface PodMetadata {
  readonly labels: { readonly [name: string]: string }
  readonly annotations: { readonly [name: string]: string }
}

/**
 * Labels of a container as labels of its pod where Kubernetes accepts them, else as annotations, which hold any text. A
 * label whose name no annotation can have is in {@link LABELS_ANNOTATION}.
 */
export function podMetadata(given: { readonly [name: string]: string } = {}): PodMetadata {
  const entries = Object.entries(given)
  const isLabel = ([name, value]: readonly [string, string]): boolean =>
    isQualifiedName(name) && toLabelValue(value) === value
  const rest = entries.filter((entry) => !isLabel(entry))
  const unnamed = rest.filter(([name]) => !isQualifiedName(name))
  return {
    labels: Object.fromEntries(entries.filter(isLabel)),
    annotations: {
      ...Object.fromEntries(rest.filter(([name]) => isQualifiedName(name))),
      ...(unnamed.length ? { [LABELS_ANNOTATION]: JSON.stringify(Object.fromEntries(unnamed)) } : {}),
    },
  }
}

/** A name of a label or an annotation. Source: Kubernetes, "Labels and Selectors", syntax. */
function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed()
  if (more.length || !/^[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?$/i.test(name)) return false
  return prefix === undefined || (prefix.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(prefix))
}
