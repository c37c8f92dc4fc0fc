import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as at from './kubernetes-places.ts'
import { mountsUnder } from './mounts.ts'
import { removeLink } from './network.ts'
import { sh } from './shell.ts'

const networkNamespaces = '/run/netns'
/** Says that the bed, and nobody before it, made the mount above. */
const mountIsOurs = join(at.folder, 'network-namespaces')

/** Else the first `ip netns add` of anybody hides the pods' namespaces, and no pod can be removed any more. */
export async function shareNetworkNamespaces(): Promise<void> {
  await mkdir(networkNamespaces, { recursive: true })
  if (mountsUnder(networkNamespaces).includes(networkNamespaces)) return
  await writeFile(mountIsOurs, '')
  await sh(['mount', '--bind', networkNamespaces, networkNamespaces])
  await sh(['mount', '--make-shared', networkNamespaces])
}

/** The plug-ins note each pod's network; the note names the pod's namespace. */
export async function removePodNetworks(): Promise<void> {
  const note = new RegExp(`^${at.networkName}-[0-9a-f]{64}-`)
  for (const name of entries(at.networkResults).filter((each) => note.test(each))) {
    await rm(join(at.networkResults, name), { force: true })
  }
  for (const link of entries('/sys/class/net').filter((name) => masterOf(name) === at.podBridge)) await removeLink(link)
  if (!existsSync(mountIsOurs)) return
  for (const name of entries(networkNamespaces).filter((each) => each.startsWith('cni-'))) {
    await sh(['umount', '-l', join(networkNamespaces, name)], { otherwise: '' })
    await rm(join(networkNamespaces, name), { force: true })
  }
  await sh(['umount', '-l', networkNamespaces], { otherwise: '' })
}

function masterOf(link: string): string | undefined {
  try {
    return readlinkSync(`/sys/class/net/${link}/master`).split('/').at(-1)
  } catch {
    return undefined
  }
}

/** The kubelet links every container's log here; those of other kubelets stay. */
export async function removeLogLinks(): Promise<void> {
  for (const link of entries(at.podLogLinks).map((name) => join(at.podLogLinks, name))) {
    if (readlinkSync(link).startsWith(`${at.folder}/`)) await rm(link)
  }
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
