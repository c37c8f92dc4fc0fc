import { ferretdb, ryuk } from './go-programs.ts'
import type { GoProgram } from './go-programs.ts'
import { playwrightVersions } from './playwright-versions.ts'
import type { Root } from './roots.ts'

/** A stand-in image under an official name. Its folder in images/ tells what it stands for and where it differs. */
export interface Image {
  name: string
  /** Where the official one is pulled from; default: Docker Hub, whose library has the names without a slash. */
  registry?: string
  tags: string[]
  root: Root
  /** Copied into the build context under their names. */
  programs?: GoProgram[]
  /** npm packages, unpacked into folders of the build context. */
  packages?: Record<string, string>
}

// The just-in-time compiler of PostgreSQL weighs as much as all the rest.
const compiler = ['*/libLLVM*', '*/libz3.so*', '*/llvmjit*', '*/bitcode/*']

// Raster images and three-dimensional shapes, which PostGIS could handle and no document database asks for.
const geography = ['gdal', 'SFCGAL', 'spatialite', 'SvtAv1Enc', 'aom', 'jxl', 'poppler', 'hdf5_serial', 'xerces-c']
  .map((name) => `*/lib${name}*.so*`)
  .concat('*/egm96*', '*/postgis*--ANY*', '*/postgis*--unpackaged*')

// Debian's static one, and nothing else.
const busybox: Root = { suite: 'trixie', only: true, packages: ['busybox-static'] }

const node = `node-linux-${process.arch}@24.21.0`

/** What tests of browsers draw with, in the image and on this machine. */
export const browserPackages: string[] = ['chromium', 'fonts-liberation', 'fonts-dejavu-core']

export const images: Image[] = [
  {
    name: 'busybox',
    tags: ['1.37', 'latest'],
    root: busybox,
  },
  {
    name: 'mongo',
    tags: ['6.0', '8.0'],
    root: {
      suite: 'sid',
      packages: ['postgresql-18', 'postgresql-18-documentdb'],
      without: [...compiler, ...geography],
    },
    programs: [ferretdb],
  },
  {
    name: 'postgres',
    tags: ['17'],
    root: { suite: 'trixie', packages: ['postgresql-17', 'xz-utils', 'zstd'], without: compiler },
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
    packages: { node, npm: 'npm@11' },
  },
  {
    name: 'testcontainers/ryuk',
    tags: ['0.14.0'],
    root: busybox,
    programs: [ryuk],
  },
  {
    name: 'playwright',
    registry: 'mcr.microsoft.com',
    tags: playwrightVersions.map((version) => `v${version}-noble`),
    root: { suite: 'bookworm', packages: [...browserPackages, 'passwd'] },
    packages: {
      node,
      ...Object.fromEntries(
        playwrightVersions.map((version) => [`playwright-core-${version}`, `playwright-core@${version}`]),
      ),
    },
  },
]
