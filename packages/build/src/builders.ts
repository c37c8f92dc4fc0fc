import type { Builder, BuiltImage, ImageBuilders } from '@moorage/core/build'
import type { Json, JsonObject, ReapedObject, ReapScope } from '@moorage/core/provider'
import { buildahBuilder } from './builders/buildah.ts'
import { buildctlBuilder } from './builders/buildctl.ts'
import { dockerBuilder } from './builders/docker.ts'
import { engineBuilder } from './builders/engine.ts'
import { nerdctlBuilder } from './builders/nerdctl.ts'

/** The module behind `imageBuilders()`. See `BuildModule` in core. */
export function provider(_options: JsonObject, _context: { readonly root: string }): ImageBuilders {
  const builders: ReadonlyMap<string, Builder> = new Map([
    ['docker', dockerBuilder()],
    ['buildctl', buildctlBuilder()],
    ['nerdctl', nerdctlBuilder()],
    ['engine', engineBuilder()],
    ['buildah', buildahBuilder('buildah')],
    ['podman', buildahBuilder('podman')],
  ])
  return { builders, reap: (scope, signal) => reap(builders, scope, signal) }
}

/** What core writes into the journal before each build. */
interface JournalEntry extends BuiltImage {
  readonly builder: string
}

/** Removes the images that the journals of dead owners name. */
async function reap(
  builders: ReadonlyMap<string, Builder>,
  { journals, alive, dry = false }: ReapScope,
  signal: AbortSignal,
): Promise<readonly ReapedObject[]> {
  const reaped: ReapedObject[] = []
  for (const { run, entries } of journals.filter((journal) => !alive(journal.owner)))
    for (const entry of entries) {
      const { builder, ...image } = entry as Json as unknown as JournalEntry
      if (!dry) await builders.get(builder)?.remove(image, signal)
      reaped.push({ kind: 'image', id: image.tag, run })
    }
  return reaped
}
