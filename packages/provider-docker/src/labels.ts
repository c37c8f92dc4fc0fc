import { parseOwner, type Owner, type Run } from '@moorage/core/provider'

export const OWNER_LABEL = 'moorage.owner'
export const RUN_LABEL = 'moorage.run'
/** Holds the run's id on a Ryuk container. With `RUN_LABEL`, Ryuk would match its own filter and remove itself. */
export const RYUK_LABEL = 'moorage.ryuk'

export type Labels = { readonly [name: string]: string }

/** The labels of every object of a run. They name its owner, so that a sweep can tell whether that is still alive. */
export function runLabels({ labels, owner }: Run): Labels {
  return { ...labels, [OWNER_LABEL]: JSON.stringify(owner) }
}

/** The owner that labels name; undefined for an object that moorage did not create. */
export function readOwner(labels: Labels | undefined): Owner | undefined {
  return parseOwner(labels?.[OWNER_LABEL])
}
