import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { docker, registryAddress } from './engine.ts'
import { images } from './image-table.ts'
import type { Image } from './image-table.ts'
import { sources } from './places.ts'
import { step } from './progress.ts'
import { baseImage } from './roots.ts'
import { lines, sh } from './shell.ts'

/** Puts every stand-in into the registry under its official name, and into the engine by pulling that name. */
export async function publishImages(): Promise<void> {
  const workers = [...images]
  const work = async (): Promise<void> => {
    for (let image = workers.shift(); image; image = workers.shift()) await publish(image)
  }
  await Promise.all([work(), work()])
  const held = lines(await docker('image', 'ls', '--digests', '--format', '{{.Repository}}:{{.Tag}}@{{.Digest}}'))
  for (const { name, tags } of images) {
    for (const tag of tags) {
      const wanted = `${name}:${tag}@${await digest(`library/${name}`, tag)}`
      if (!held.includes(wanted)) await step(`pulling ${name}:${tag}`, () => docker('pull', '-q', `${name}:${tag}`))
    }
  }
}

async function publish(image: Image): Promise<void> {
  const folder = join(sources, 'images', image.name)
  const key = contentHash([{ ...image, files: Object.values(image.files ?? {}).map((file) => file()) }], [folder])
  const own = `testbed/${image.name}`
  let published = await digest(own, key)
  if (published === undefined) {
    const base = await baseImage(image.root)
    await step(`image ${image.name}:${image.tags[0]}`, () => build(image, base, `${registryAddress}/${own}:${key}`))
    published = await digest(own, key)
  }
  for (const tag of image.tags) {
    if (await digest(`library/${image.name}`, tag) !== published) await retag(own, key, `library/${image.name}`, tag)
  }
}

async function build(image: Image, base: string, name: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'moorage-testbed-image-'))
  try {
    await cp(join(sources, 'images', image.name), context, { recursive: true })
    for (const [file, path] of Object.entries(image.files ?? {})) await cp(path(), join(context, file))
    for (const [target, spec] of Object.entries(image.packages ?? {})) await unpack(spec, join(context, target))
    await docker('build', '-q', '--network', 'none', '--build-arg', `BASE=${base}`, '-t', name, context)
    await docker('push', '-q', name)
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

async function unpack(spec: string, target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'moorage-testbed-npm-'))
  try {
    await sh(['npm', 'pack', '--silent', '--pack-destination', folder, spec], { cwd: folder })
    await sh(['sh', '-c', 'mkdir -p "$1" && tar -xzf *.tgz -C "$1" --strip-components=1', 'sh', target], { cwd: folder })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'

async function digest(repository: string, tag: string): Promise<string | undefined> {
  const url = `http://${registryAddress}/v2/${repository}/manifests/${tag}`
  const answer = await fetch(url, { method: 'HEAD', headers: { accept: manifestType } })
  return answer.ok ? answer.headers.get('docker-content-digest') ?? undefined : undefined
}

async function retag(from: string, key: string, to: string, tag: string): Promise<void> {
  await docker('tag', `${registryAddress}/${from}:${key}`, `${registryAddress}/${to}:${tag}`)
  await docker('push', '-q', `${registryAddress}/${to}:${tag}`)
  await docker('rmi', `${registryAddress}/${to}:${tag}`)
}

export async function describeImages(): Promise<string[]> {
  const names = images.flatMap(({ name, tags }) => tags.map((tag) => `${name}:${tag}`))
  return [`images       ${names.join(' ')}`]
}
