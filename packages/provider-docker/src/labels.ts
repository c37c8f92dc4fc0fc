import type { Owner, Run } from '@moorage/core'

/** On every object: whose it is, so that a sweep can tell a dead owner's from everybody else's. */
export function labelsOf({ labels, owner }: Run): { readonly [name: string]: string } {
  return { ...labels, [OWNER]: JSON.stringify(owner) }
}

export const OWNER = 'moorage.owner'
export const RUN = 'moorage.run'
/** Its run, on a Ryuk: that of what it removes would make it remove itself. */
export const RYUK = 'moorage.ryuk'

export function ownerIn(labels: { readonly [name: string]: string } | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(labels?.[OWNER] ?? '') as Owner
    return typeof owner.host === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}
