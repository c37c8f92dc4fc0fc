import { engineOf } from './engine-images.ts'

interface InspectedImage {
  readonly RepoTags: readonly string[] | null
  readonly Created: string
}

/**
 * Removes what a build of the classic builder has left without a tag: the image of the step before a failure, and those
 * of other stages, with their parents. An image that has a tag, or that is older than the build, belongs to something
 * else.
 */
export async function removeDangling(
  host: string,
  { output, since }: { readonly output: string; readonly since: number },
): Promise<void> {
  const { call } = engineOf(host)
  const ids = [...output.matchAll(/^ ---> ([0-9a-f]{12,64})$/gm)].map(([, id]) => id ?? '')
  for (const id of ids.toReversed()) {
    const { status, text } = await call({ method: 'GET', path: `/images/${id}/json` })
    if (status !== 200) continue
    const { RepoTags, Created } = JSON.parse(text) as InspectedImage
    if (RepoTags?.length || Date.parse(Created) / 1000 < since) continue
    // An image with children is in use by another build: the engine refuses it.
    await call({ method: 'DELETE', path: `/images/${id}` })
  }
}
