import { existsSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { registryData } from './docker-config.ts'
import { docker, registryAddress } from './engine.ts'
import { binary } from './go-programs.ts'
import { images } from './image-table.ts'
import type { Image } from './image-table.ts'
import { sources } from './paths.ts'
import { step } from './progress.ts'
import { baseImage, rootKey } from './roots.ts'
import { inScratch } from './scratch.ts'
import { lines, sh } from './shell.ts'

/** Puts every stand-in into the registry under its official names, and into the engine by pulling those. */
export async function publishImages(): Promise<void> {
  const waiting = [...images]
  const work = async (): Promise<void> => {
    for (let image = waiting.shift(); image; image = waiting.shift()) await publish(image)
  }
  const ends = await Promise.allSettled([work(), work()])
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  const held = lines(await docker('image', 'ls', '--digests', '--format', '{{.Repository}}:{{.Tag}}@{{.Digest}}'))
  for (const image of images) for (const tag of image.tags) await pull(image, tag, held)
}

/**
 * Steps of an engine without images: pulls of their names, and, with an empty registry, root file systems and images.
 */
export function imageSteps(): number {
  const pulls = images.reduce((sum, { tags }) => sum + tags.length, 0)
  const roots = new Set(images.map(({ root }) => rootKey(root)))
  return pulls + (existsSync(registryData) ? 0 : roots.size + images.length)
}

async function pull(image: Image, tag: string, held: string[]): Promise<void> {
  const repository = repositoryOf(image)
  const source = `${image.registry ? `${registryAddress}/${repository}` : image.name}:${tag}`
  if (!held.includes(`${source}@${await digest(repository, tag)}`))
    await step(`pulling ${source}`, () => docker('pull', '-q', source))
  // Docker 20.10 asks a mirror for Docker Hub's images only.
  if (image.registry) await docker('tag', source, `${officialName(image)}:${tag}`)
}

/** Where the bed's registry has an image. */
export function repositoryOf({ name, registry }: Image): string {
  return registry || name.includes('/') ? name : `library/${name}`
}

export function officialName({ name, registry }: Image): string {
  return registry ? `${registry}/${name}` : name
}

/** Tags of the bed's own repositories that belong to the present build inputs. */
export function presentKeys(): string[] {
  return images.flatMap((image) => [imageKey(image), rootKey(image.root)])
}

function imageKey(image: Image): string {
  const { name, programs = [], packages = {}, root } = image
  return contentHash([name, programs, packages, rootKey(root)], [folderOf(image)])
}

function folderOf(image: Image): string {
  return join(sources, 'images', image.name)
}

async function publish(image: Image): Promise<void> {
  const key = imageKey(image)
  const repository = `testbed/${image.name}`
  const built = `${registryAddress}/${repository}:${key}`
  if ((await digest(repository, key)) === undefined) {
    const base = await baseImage(image.root)
    await step(`image ${image.name}:${image.tags[0]}`, () => build(image, base, built))
  }
  for (const tag of image.tags) {
    if ((await digest(repositoryOf(image), tag)) === (await digest(repository, key))) continue
    const official = `${registryAddress}/${repositoryOf(image)}:${tag}`
    if (!(await docker('image', 'ls', '-q', built))) await docker('pull', '-q', built)
    await docker('tag', built, official)
    await docker('push', '-q', official)
    await docker('rmi', official)
  }
}

async function build(image: Image, base: string, name: string): Promise<void> {
  await inScratch(async (context) => {
    await cp(folderOf(image), context, { recursive: true })
    for (const program of image.programs ?? []) await cp(binary(program), join(context, program.name))
    for (const [target, spec] of Object.entries(image.packages ?? {})) await unpack(spec, join(context, target))
    await docker('build', '-q', '--network', 'none', '--build-arg', `BASE=${base}`, '-t', name, context)
    await docker('push', '-q', name)
  })
}

async function unpack(spec: string, target: string): Promise<void> {
  await inScratch(async (folder) => {
    await sh(['npm', 'pack', '--silent', '--pack-destination', folder, spec], { cwd: folder })
    await mkdir(target, { recursive: true })
    await sh(['sh', '-c', 'tar -xzf *.tgz -C "$1" --strip-components=1', 'sh', target], { cwd: folder })
  })
}

/** Of a manifest in the registry; nothing when there is none. */
export async function digest(repository: string, tag: string): Promise<string | undefined> {
  const url = `http://${registryAddress}/v2/${repository}/manifests/${tag}`
  const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' }
  const answer = await fetch(url, { method: 'HEAD', headers })
  return answer.ok ? (answer.headers.get('docker-content-digest') ?? undefined) : undefined
}

export async function describeImages(): Promise<string[]> {
  return [
    `images       ${images.flatMap((image) => image.tags.map((tag) => `${officialName(image)}:${tag}`)).join(' ')}`,
  ]
}
