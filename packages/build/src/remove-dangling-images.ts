import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError } from '@moorage/core/provider'
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

/** The label of every image that a build of the classic builder creates. Its value is the tag of the build. */
export const BUILD_LABEL = 'moorage.build'

interface ListedImage {
  readonly Id: string
  readonly Created: number
  readonly RepoTags: readonly string[] | null
}

// An engine stops the step of a client that died, and removes its container, within about a second.
const RELEASE_TIMEOUT_MS = 10_000
const RETRY_MS = 100

/**
 * Removes the images without a tag that a build left when its client died. Waits until the container of the last step no
 * longer uses them. Throws MoorageError (PROVIDER_LOST) if the engine still refuses after 10 s.
 */
export async function removeInterrupted(host: string, tag: string): Promise<void> {
  const { call } = engineOf(host)
  let refusal = ''
  for (let attempts = RELEASE_TIMEOUT_MS / RETRY_MS; ; attempts--) {
    const images = await listInterrupted(host, tag)
    if (!images.length) return
    if (!attempts)
      throw new MoorageError('PROVIDER_LOST', `The engine does not remove the steps of ${tag}: ${refusal}`, {
        hint: `Remove them by hand: docker image prune --filter label=${BUILD_LABEL}=${tag}`,
      })
    // The newest first: its removal includes its parents.
    for (const { Id } of images) {
      const { status, text } = await call({ method: 'DELETE', path: `/images/${Id}` })
      if (status === 409) refusal = text.trim()
    }
    await sleep(RETRY_MS)
  }
}

async function listInterrupted(host: string, tag: string): Promise<readonly ListedImage[]> {
  const filters = JSON.stringify({ label: [`${BUILD_LABEL}=${tag}`] })
  const { status, text } = await engineOf(host).call({
    method: 'GET',
    path: `/images/json?all=1&filters=${encodeURIComponent(filters)}`,
  })
  if (status !== 200) return []
  return (JSON.parse(text) as readonly ListedImage[])
    .filter(({ RepoTags }) => !RepoTags?.some((name) => name !== '<none>:<none>'))
    .toSorted((a, b) => b.Created - a.Created)
}
