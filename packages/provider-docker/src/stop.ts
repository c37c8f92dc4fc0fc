import type { Client } from './engine/client.ts'
import { accepted, type Ask } from './engine/find-engine.ts'
import { RUN } from './labels.ts'

/** Removes a container with its anonymous volumes, however it stands; one that is gone is as good. */
export async function removeContainer(ask: Ask, id: string, grace?: number): Promise<void> {
  if (grace !== undefined) await accepted(ask({ method: 'POST', path: `/containers/${id}/stop?t=${grace}` }), 304, 404)
  const { status } = await accepted(ask({ method: 'DELETE', path: `/containers/${id}?force=1&v=1` }), 404, 409)
  // 409: another removal is under way. Only then is there something to wait for: a container that did not exist a moment
  // ago may exist by now, and would be waited for without end.
  if (status === 409) await accepted(ask({ method: 'POST', path: `/containers/${id}/wait?condition=removed` }), 404)
}

/** Removes whatever carries the run's label, or of that what has a name: also what a start under way has made since. */
export async function removeRun({ engine, ask }: Client, run: string, name?: string): Promise<void> {
  const left = await engine.listContainers({
    all: true,
    filters: { label: [`${RUN}=${run}`], ...(name === undefined ? {} : { name: [`^/${name}$`] }) },
  })
  await Promise.all(left.map(({ Id }) => removeContainer(ask, Id)))
}
