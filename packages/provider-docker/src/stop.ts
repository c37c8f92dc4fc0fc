import type { Client } from './client.ts'
import { RUN } from './labels.ts'

/** Removes a container with its anonymous volumes, however it stands; one that is gone is as good. */
export async function removeContainer({ engine }: Client, id: string, grace?: number): Promise<void> {
  const container = engine.getContainer(id)
  if (grace !== undefined) await container.stop({ t: grace }).catch(accept(304, 404))
  // 409: another removal is under way; the engine's own wait for it is the next call's.
  await container.remove({ force: true, v: true }).catch(accept(404, 409))
  await container.wait({ condition: 'removed' }).catch(accept(404))
}

/** Removes whatever carries the run's label: also what a start under way has made since. */
export async function removeRun(client: Client, run: string): Promise<void> {
  const left = await client.engine.listContainers({ all: true, filters: { label: [`${RUN}=${run}`] } })
  await Promise.all(left.map(({ Id }) => removeContainer(client, Id)))
}

export function accept(...codes: readonly number[]): (error: { statusCode?: number }) => void {
  return (error) => {
    if (!codes.includes(error.statusCode ?? 0)) throw error
  }
}
