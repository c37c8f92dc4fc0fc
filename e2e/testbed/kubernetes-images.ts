import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { docker, registryAddress } from './engine.ts'
import { binary } from './go-programs.ts'
import { images } from './image-table.ts'
import { digest, officialName, repositoryOf } from './images.ts'
import { containerdSocket, mirrors, pauseImage } from './kubernetes-paths.ts'
import { kubectl, pause } from './kubernetes-programs.ts'
import { step } from './progress.ts'
import { inScratch } from './scratch.ts'
import { lines, sh } from './shell.ts'

/** Full names, each with its repository in the bed's registry. */
const standIns: ReadonlyMap<string, string> = new Map(
  images.flatMap((image) =>
    image.tags.map(
      (tag) =>
        [
          `${image.registry ? officialName(image) : `docker.io/${repositoryOf(image)}`}:${tag}`,
          `${repositoryOf(image)}:${tag}`,
        ] as const,
    ),
  ),
)

/** Images of one program and nothing else: what holds pods, and what Kubernetes itself releases kubectl in. */
const programImages = [
  { name: pauseImage, program: pause, entry: '/pause' },
  { name: `registry.k8s.io/kubectl:${kubectl.version}`, program: kubectl, entry: '/bin/kubectl' },
]
const wanted = [...programImages.map(({ name }) => name), ...standIns.keys()]

/** Steps of the first time: images of one program, and pulls. */
export function podImageSteps(): number {
  return programImages.length + wanted.length
}

export function ctr(...args: string[]): Promise<string> {
  return sh(['ctr', '-a', containerdSocket, '-n', 'k8s.io', ...args])
}

/** Puts the images of one program into the registry. */
export async function publishPrograms(): Promise<void> {
  for (const { name, program, entry } of programImages) {
    if ((await inRegistry(name)) !== undefined) continue
    await step(`image ${program.name}`, () =>
      inScratch(async (folder) => {
        const target = join(folder, 'root', entry)
        await mkdir(dirname(target), { recursive: true })
        await copyFile(binary(program), target)
        const tar = join(folder, 'image.tar')
        await sh(['tar', '-cf', tar, '-C', join(folder, 'root'), '.'])
        const own = `${registryAddress}/${repositoryAndTag(name).join(':')}`
        await docker('import', '-c', `ENTRYPOINT ["${entry}"]`, tar, own)
        await docker('push', '-q', own)
        await docker('rmi', own)
      }),
    )
  }
}

/** Pulls what is not there yet, so that no test's first pod pays for it. */
export async function pullImages(): Promise<void> {
  const held = await heldImages()
  for (const name of wanted) {
    if (held.get(name) === (await inRegistry(name))) continue
    await step(`pulling ${name} for pods`, () => ctr('images', 'pull', '--hosts-dir', mirrors, name))
  }
}

/** What an earlier part left: containers that no longer run, images that tests made. Only while no kubelet runs. */
export async function tidyStore(): Promise<void> {
  for (const id of lines(await ctr('containers', 'ls', '-q'))) await ctr('containers', 'rm', id)
  const held = await heldImages()
  const digests = new Set(wanted.map((name) => held.get(name)))
  const stale = [...held].filter(([, target]) => !digests.has(target)).map(([name]) => name)
  if (stale.length > 0) await ctr('images', 'rm', ...stale)
}

/** Digests of manifests by name. */
async function heldImages(): Promise<Map<string, string>> {
  const rows = lines(await ctr('images', 'ls'))
    .slice(1)
    .map((line) => line.split(/\s+/))
  return new Map(rows.map(([name = '', , target = '']) => [name, target]))
}

function inRegistry(name: string): Promise<string | undefined> {
  const [repository, tag] = repositoryAndTag(name)
  return digest(repository, tag)
}

/** Of the bed's registry, which has all hosts' images side by side. */
function repositoryAndTag(name: string): [repository: string, tag: string] {
  const [repository = '', tag = ''] = (standIns.get(name) ?? name.slice(name.indexOf('/') + 1)).split(':')
  return [repository, tag]
}
