import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answers } from './engine.ts'
import * as at from './kubernetes-paths.ts'
import { removeLink } from './network.ts'
import { sh } from './shell.ts'

const namespaces = '/run/netns'
/** Says that the bed, and no program before it, made that folder a mount. */
const mountIsOurs = join(at.folder, 'network-namespaces')

/** Else the first `ip netns add` of any program hides the pods' namespaces, and no pod can be removed any more. */
export async function shareNetworkNamespaces(): Promise<void> {
  await mkdir(namespaces, { recursive: true })
  if (await answers(['mountpoint', '-q', namespaces])) return
  await writeFile(mountIsOurs, '')
  await sh(['mount', '--bind', namespaces, namespaces])
  await sh(['mount', '--make-shared', namespaces])
}

/** Network namespaces, the plug-ins' notes and interfaces of pods; those of other clusters on this machine stay. */
export async function removePodNetworks(): Promise<void> {
  const database = join(at.containerdRoot, 'io.containerd.metadata.v1.bolt/meta.db')
  const known = existsSync(database) ? readFileSync(database, 'latin1') : ''
  for (const note of entries(at.networkResults)) {
    const [, pod] = /-([0-9a-f]{64})-\w+$/.exec(note) ?? []
    if (pod && known.includes(pod)) await rm(join(at.networkResults, note), { force: true })
  }
  for (const name of entries(namespaces).filter((each) => each.startsWith('cni-') && known.includes(each))) {
    await sh(['umount', '-l', join(namespaces, name)], { otherwise: '' })
    await rm(join(namespaces, name), { force: true })
  }
  if (existsSync(mountIsOurs)) await sh(['umount', '-l', namespaces], { otherwise: '' })
  for (const link of entries('/sys/class/net').filter((name) => masterOf(name) === at.podBridge)) await removeLink(link)
}

/** The kubelet links every container's log here; those of other kubelets stay. */
export async function removeLogLinks(): Promise<void> {
  for (const link of entries(at.podLogLinks).map((name) => join(at.podLogLinks, name))) {
    if (readlinkSync(link).startsWith(`${at.folder}/`)) await rm(link)
  }
}

function masterOf(link: string): string | undefined {
  try {
    return readlinkSync(`/sys/class/net/${link}/master`).split('/').at(-1)
  } catch {
    return undefined
  }
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
