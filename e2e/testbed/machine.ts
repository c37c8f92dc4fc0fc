import { existsSync } from 'node:fs'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { step } from './progress.ts'
import { lines, sh } from './shell.ts'

/** This machine cannot carry the bed: one sentence, exit code 2, nothing touched. */
export class Unfit extends Error {}

/** Refuses before anything is touched. */
export function checkMachine(): void {
  if (process.platform !== 'linux') throw new Unfit(`The test bed needs Linux; this is ${process.platform}.`)
  if (process.getuid?.() !== 0) throw new Unfit('The test bed needs root, for bridges and mounts; run it as root.')
  if (!existsSync('/usr/bin/apt-get')) throw new Unfit('The test bed needs apt (a Debian system); there is no apt-get.')
}

export async function checkDisk(folder: string, gigabytes: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const free = (bavail * bsize) / 1e9
  if (free >= gigabytes) return
  throw new Unfit(
    `The test bed needs ${gigabytes} GB of free disk for ${folder}, and ${free.toFixed(1)} GB are free; ` +
      'free some, or point MOORAGE_CACHE_DIR at a larger disk.',
  )
}

export async function installDebianPackages(names: string[]): Promise<void> {
  const installed = lines(await sh(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n'], { otherwise: '' }))
  const missing = names.filter((name) => !installed.includes(`${name} installed`))
  if (missing.length === 0) return
  await step(`installing Debian packages ${missing.join(' ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await sh(['apt-get', 'update', '-q'], { env })
    await withoutServiceStart(() => sh(['apt-get', 'install', '-yq', '--no-install-recommends', ...missing], { env }))
  })
}

/** docker.io and containerd would start as system services on installation; Debian asks this file first. */
async function withoutServiceStart(work: () => Promise<unknown>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (ours) await rm(policy, { force: true })
  }
}

/** The mirror that this machine's own apt uses for Debian. */
export async function debianMirror(): Promise<string> {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)'
  const read = async (): Promise<string | undefined> =>
    lines(await sh(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']))
      .map((line) => line.split('|'))
      .find(([origin, label]) => origin === 'Debian' && label === 'Debian')?.[2]
  const known = await read()
  if (known) return known
  await sh(['apt-get', 'update', '-q'])
  const mirror = await read()
  if (mirror) return mirror
  throw new Unfit('The test bed builds its images from Debian packages, and apt on this machine has no Debian source.')
}
