import { existsSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { registryData, registryFile } from './docker-config.ts'
import { docker, registryAddress } from './engine.ts'
import { binary, registry } from './go-programs.ts'
import { presentKeys } from './images.ts'
import { step } from './progress.ts'
import { lines, sh } from './shell.ts'

/** Other checkouts, with other inputs, may share the cache; what has not been used for this long goes. */
const keep = 7 * 24 * 60 * 60 * 1000

/** Removes what earlier build inputs left in the registry. Only while it does not run. */
export async function pruneRegistry(): Promise<void> {
  const repositories = join(registryData, 'docker/registry/v2/repositories/testbed')
  if (!existsSync(repositories)) return
  const stale = readdirSync(repositories)
    .flatMap((name) => tagFolders(join(repositories, name, '_manifests/tags')))
    .filter(({ key, age }) => !presentKeys().includes(key) && age > keep)
  if (stale.length === 0) return
  for (const { folder } of stale) await rm(folder, { recursive: true })
  await step('collecting garbage in the registry', () => sh([binary(registry), 'garbage-collect', '-m', registryFile]))
}

function tagFolders(tags: string): { key: string; folder: string; age: number }[] {
  if (!existsSync(tags)) return []
  return readdirSync(tags).map((key) => {
    const folder = join(tags, key)
    return { key, folder, age: Date.now() - statSync(join(folder, 'current/link')).mtimeMs }
  })
}

/** Images of earlier inputs cost the engine as much disk again; the registry still has those that may be wanted. */
export async function pruneEngine(): Promise<void> {
  const names = lines(await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'))
  const stale = names.filter(
    (name) =>
      name.startsWith(`${registryAddress}/testbed/`) && !presentKeys().includes(name.slice(name.lastIndexOf(':') + 1)),
  )
  if (stale.length > 0) await docker('rmi', ...stale)
  await docker('image', 'prune', '-f')
}
