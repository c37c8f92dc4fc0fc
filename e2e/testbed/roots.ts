import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { docker, registryAddress } from './engine.ts'
import { debianMirror } from './machine.ts'
import { step } from './progress.ts'
import { inScratch } from './scratch.ts'
import { sh } from './shell.ts'

/** A root file system of Debian packages, the base of an image. */
export interface Root {
  suite: string
  packages: string[]
  /** These packages alone, without Debian's essential ones. */
  only?: boolean
  /** Paths to leave out, beside documentation and translations. */
  without?: string[]
}

const unread = ['doc', 'man', 'info', 'locale', 'i18n', 'bash-completion', 'lintian'].map(
  (name) => `/usr/share/${name}/*`,
)

function options(root: Root): string[] {
  const shared = [
    '--mode=root',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=Apt::Install-Recommends "false"',
    ...[...unread, ...(root.without ?? [])].map((path) => `--dpkgopt=path-exclude=${path}`),
    `--include=${root.packages.join(',')}`,
  ]
  if (root.only) return ['--variant=extract', ...shared]
  // Debian's PostgreSQL would make a cluster of its own on installation.
  const cluster = '"$1/etc/postgresql-common"'
  return [
    '--variant=essential',
    `--essential-hook=mkdir -p ${cluster} && echo create_main_cluster=false > ${cluster}/createcluster.conf`,
    '--customize-hook=rm -rf "$1"/var/lib/dpkg/info/*.symbols "$1"/usr/lib/*/perl/*/CORE',
    ...shared,
  ]
}

export function rootKey(root: Root): string {
  return contentHash([root.suite, options(root)])
}

/** The engine's name for a root; made once, then kept in the registry, so that a lost engine state costs no rebuild. */
export async function baseImage(root: Root): Promise<string> {
  const name = `${registryAddress}/testbed/root-${root.suite}:${rootKey(root)}`
  if (await present(name)) return name
  await step(`root file system of ${root.suite} with ${root.packages.join(' ')}`, () =>
    inScratch(async (folder) => {
      const tar = join(folder, 'root.tar')
      const source = `deb [trusted=yes] ${await debianMirror()} ${root.suite} main`
      await sh(['mmdebstrap', ...options(root), root.suite, tar, source], { env: { TMPDIR: folder } })
      await docker('import', tar, name)
      await docker('push', '-q', name)
    }),
  )
  return name
}

async function present(name: string): Promise<boolean> {
  for (const question of [
    ['image', 'inspect', name],
    ['pull', '-q', name],
  ]) {
    if (
      await docker(...question).then(
        () => true,
        () => false,
      )
    )
      return true
  }
  return false
}
