import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { docker, registryAddress } from './engine.ts'
import { debianMirror } from './machine.ts'
import { step } from './progress.ts'
import { sh } from './shell.ts'

/** A root file system of Debian packages, the base of an image. */
export interface Root {
  suite: string
  packages: string[]
  /** These packages alone, without Debian's essential ones. */
  only?: boolean
}

// What no server needs, half of the weight: documentation, translations, the just-in-time compiler of PostgreSQL.
const left = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/i18n/*',
  '/usr/share/bash-completion/*', '/usr/share/lintian/*', '*/libLLVM*', '*/libz3.so*', '*/llvmjit*', '/usr/lib/postgresql/*/lib/bitcode/*']

const options = [
  '--mode=root',
  '--aptopt=Acquire::Check-Valid-Until "false"',
  '--aptopt=Apt::Install-Recommends "false"',
  ...left.map((path) => `--dpkgopt=path-exclude=${path}`),
  // Debian's PostgreSQL makes a cluster of its own on installation, and knows no user 999.
  '--essential-hook=mkdir -p "$1/etc/postgresql-common" && echo create_main_cluster=false > "$1/etc/postgresql-common/createcluster.conf"',
  '--customize-hook=rm -rf "$1"/var/lib/postgresql/*/main "$1"/var/lib/dpkg/info/*.symbols "$1"/usr/lib/*/perl/*/CORE',
]

/** The engine's name for a root; made once, then kept in the registry, so that a lost engine state costs no rebuild. */
export async function baseImage(root: Root): Promise<string> {
  const name = `${registryAddress}/testbed/root-${root.suite}:${contentHash([root, options])}`
  if (await present(name)) return name
  const folder = await mkdtemp(join(tmpdir(), 'moorage-testbed-root-'))
  try {
    await step(`root file system of ${root.suite} ${root.packages.join(' ')}`, async () => {
      const variant = root.only ? ['--variant=extract'] : ['--variant=essential', ...options.slice(-2)]
      const shared = options.slice(0, -2)
      const source = `deb [trusted=yes] ${await debianMirror()} ${root.suite} main`
      const tar = join(folder, 'root.tar')
      await sh(['mmdebstrap', ...variant, ...shared, `--include=${root.packages.join(',')}`, root.suite, tar, source])
      await docker('import', tar, name)
      await docker('push', '-q', name)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return name
}

async function present(name: string): Promise<boolean> {
  for (const question of [['image', 'inspect', name], ['pull', '-q', name]]) {
    if (await docker(...question).then(() => true, () => false)) return true
  }
  return false
}
