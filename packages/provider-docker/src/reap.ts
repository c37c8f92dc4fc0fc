import type { Reaped, ReapScope } from '@moorage/core'
import type { Client } from './client.ts'
import { OWNER, ownerIn, RUN, RYUK } from './labels.ts'
import { accept, removeContainer } from './stop.ts'

type Labels = { readonly [name: string]: string } | undefined

/**
 * Removes containers and networks whose labels name an owner that is provably dead, and those that a dead owner's
 * journal names, if their labels agree. Whatever else the engine has is not ours.
 */
export async function reapEngine(client: Client, scope: ReapScope): Promise<readonly Reaped[]> {
  const { engine } = client
  const filters = { label: [OWNER] }
  const dead = (labels: Labels): boolean => {
    const owner = ownerIn(labels)
    return owner !== undefined && !scope.alive(owner)
  }
  const runOf = (labels: Labels): string => labels?.[RUN] ?? labels?.[RYUK] ?? ''
  const containers = (await engine.listContainers({ all: true, filters })).filter(({ Labels }) => dead(Labels))
  if (!scope.dry) await Promise.all(containers.map(({ Id }) => removeContainer(client, Id)))
  const networks = (await engine.listNetworks({ filters })).filter(({ Labels }) => dead(Labels))
  if (!scope.dry) await Promise.all(networks.map(({ Id }) => engine.getNetwork(Id).remove().catch(accept(404))))
  return [
    ...containers.map(({ Id, Labels }) => ({ kind: 'container', id: Id, run: runOf(Labels) })),
    ...networks.map(({ Id, Labels }) => ({ kind: 'network', id: Id, run: runOf(Labels) })),
  ]
}
