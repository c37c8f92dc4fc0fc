import type { Client } from './engine/client.ts'
import { expectSuccess, type CallEngine } from './engine/call-engine.ts'
import { RUN_LABEL } from './labels.ts'

/**
 * Ends one unit: the image's stop signal, a kill `stopGraceSeconds` later, then the removal. Without a grace the kill
 * comes at once.
 */
export async function stopUnit(call: CallEngine, containerId: string, stopGraceSeconds?: number): Promise<void> {
  if (stopGraceSeconds !== undefined) {
    const path = `/containers/${containerId}/stop?t=${stopGraceSeconds}`
    await expectSuccess(call({ method: 'POST', path }), 304, 404)
  }
  await removeContainer(call, containerId)
}

/** Removes a container in any state, with its anonymous volumes. A container that is already gone is no error. */
export async function removeContainer(call: CallEngine, containerId: string): Promise<void> {
  const path = `/containers/${containerId}`
  const { status } = await expectSuccess(call({ method: 'DELETE', path: `${path}?force=1&v=1` }), 404, 409)
  // 409: another removal is under way. Wait in that case only: after a 404 a start could create the container at this
  // moment, and the wait would never end.
  if (status === 409) await expectSuccess(call({ method: 'POST', path: `${path}/wait?condition=removed` }), 404)
}

/**
 * Removes the containers that carry the run's label, or the one of them that has a name. This includes containers that
 * an unfinished start has created in the meantime.
 */
export async function removeRunContainers({ dockerode, engine }: Client, runId: string, name?: string): Promise<void> {
  // Podman's names do not begin with a slash.
  const containers = await dockerode.listContainers({
    all: true,
    filters: { label: [`${RUN_LABEL}=${runId}`], ...(name === undefined ? {} : { name: [`^/?${name}$`] }) },
  })
  await Promise.all(containers.map(({ Id }) => removeContainer(engine.call, Id)))
}
