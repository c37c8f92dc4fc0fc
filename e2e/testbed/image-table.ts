import { binary, ferretdb } from './go-programs.ts'
import type { Root } from './roots.ts'

/** A stand-in image under an official name. Its folder in images/ tells what it stands for and where it differs. */
export interface Image {
  name: string
  tags: string[]
  root: Root
  /** Files beside the folder's own that the Dockerfile copies. */
  files?: Record<string, () => string>
  /** npm packages, unpacked into folders of the build context. */
  packages?: Record<string, string>
}

export const images: Image[] = [
  {
    name: 'busybox',
    tags: ['1.37', 'latest'],
    root: { suite: 'trixie', only: true, packages: ['busybox-static'] },
  },
  {
    name: 'mongo',
    tags: ['6.0', '8.0'],
    root: { suite: 'sid', packages: ['postgresql-18', 'postgresql-18-documentdb'] },
    files: { ferretdb: () => binary(ferretdb) },
  },
  {
    name: 'postgres',
    tags: ['17'],
    root: { suite: 'trixie', packages: ['postgresql-17', 'xz-utils', 'zstd'] },
  },
  {
    name: 'redis',
    tags: ['7'],
    root: { suite: 'bookworm', packages: ['redis-server', 'redis-tools'] },
  },
  {
    name: 'redis',
    tags: ['8'],
    root: { suite: 'trixie', packages: ['redis-server', 'redis-tools'] },
  },
  {
    name: 'nginx',
    tags: ['1.28'],
    root: { suite: 'trixie', packages: ['nginx-light', 'passwd', 'gettext-base', 'curl', 'ca-certificates'] },
  },
  {
    name: 'node',
    tags: ['24'],
    root: { suite: 'trixie', packages: ['libstdc++6', 'libatomic1', 'passwd', 'ca-certificates', 'curl', 'procps'] },
    packages: { node: `node-linux-${process.arch}@24.21.0`, npm: 'npm@11' },
  },
]
