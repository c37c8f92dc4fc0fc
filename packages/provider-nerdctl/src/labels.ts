import { parseOwner, type Owner, type Run } from '@moorage/core/provider'

export const OWNER_LABEL = 'moorage.owner'
export const RUN_LABEL = 'moorage.run'

export type Labels = { readonly [name: string]: string }

/**
 * The labels of every object of a run. They name its owner, so that a sweep can tell whether that is still alive.
 * nerdctl splits a label at its first `=`, and the owner contains none.
 */
export function runLabels({ labels, owner }: Run): Labels {
  return { ...labels, [OWNER_LABEL]: JSON.stringify(owner) }
}

/** The owner that labels name; undefined for an object that moorage did not create. */
export function readOwner(labels: Labels | undefined): Owner | undefined {
  return parseOwner(labels?.[OWNER_LABEL])
}

/** Labels as arguments of `nerdctl create` and `nerdctl network create`. */
export function labelArguments(labels: Labels): readonly string[] {
  return Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])
}
