import type { Client } from './client.ts'
import { RUN } from './labels.ts'

/** Removes a container with its anonymous volumes, however it stands; one that is gone is as good. */
export async function removeContainer({ engine }: Client, id: string, grace?: number): Promise<void> {
  const container = engine.getContainer(id)
  if (grace !== undefined) await container.stop({ t: grace }).catch(accept(304, 404))
  const { status } = await container.remove({ force: true, v: true }).then(() => ({ status: 204 }), statusOf)
  // 409: another removal is under way. Only then is there something to wait for: a container that did not exist a moment
  // ago may exist by now, and would be waited for without end.
  if (status === 409) await container.wait({ condition: 'removed' }).catch(accept(404))
}

function statusOf(error: { statusCode?: number }): { readonly status: number } {
  accept(404, 409)(error)
  return { status: error.statusCode ?? 0 }
}

/** Removes whatever carries the run's label, or of that what has a name: also what a start under way has made since. */
export async function removeRun(client: Client, run: string, name?: string): Promise<void> {
  const left = await client.engine.listContainers({ all: true, filters: { label: [`${RUN}=${run}`], ...(name === undefined ? {} : { name: [`^/${name}$`] }) } })
  await Promise.all(left.map(({ Id }) => removeContainer(client, Id)))
}

export function accept(...codes: readonly number[]): (error: { statusCode?: number }) => void {
  return (error) => {
    if (!codes.includes(error.statusCode ?? 0)) throw error
  }
}
