import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mountsUnder, unmountUnder } from './mounts.ts'
import { cache } from './paths.ts'

const place = join(cache, 'scratch')

/** A folder for the time of some work, on the cache's disk: builds can be too large for /run and /tmp. */
export async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(place, { recursive: true })
  const folder = await mkdtemp(join(place, 'build-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a killed build left. A root file system in the making has the machine's own /dev mounted in it. */
export async function clearScratch(): Promise<void> {
  await unmountUnder(place)
  if (mountsUnder(place).length > 0) throw new Error(`${place} still has mounts in it; unmount them, then try again`)
  await rm(place, { recursive: true, force: true })
}
