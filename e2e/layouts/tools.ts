import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const { MOORAGE_CACHE_DIR, XDG_CACHE_HOME } = process.env

/** Package managers, Nodes and what they download, outside the checkout. */
export const cache: string = join(
  MOORAGE_CACHE_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'moorage'),
  'layouts',
)

// Packages of npm, by name and version.
const TOOLS = {
  pnpm: { packages: ['pnpm@10.34.8'], file: 'pnpm/bin/pnpm.cjs' },
  'yarn-classic': { packages: ['yarn@1.22.22'], file: 'yarn/bin/yarn.js' },
  'yarn-pnp': { packages: ['@yarnpkg/cli-dist@4.18.1'], file: '@yarnpkg/cli-dist/bin/yarn.js' },
  bun: { packages: [`@oven/bun-linux-${process.arch}@1.4.5`], file: `@oven/bun-linux-${process.arch}/bin/bun` },
  node20: { packages: [`node-linux-${process.arch}@20.20.2`], file: `node-linux-${process.arch}/bin/node` },
  node22: { packages: [`node-linux-${process.arch}@22.23.3`], file: `node-linux-${process.arch}/bin/node` },
} as const

export type ToolName = keyof typeof TOOLS

/** The file of a tool, which is installed at its first use. */
export function toolFile(name: ToolName): string {
  const { packages, file } = TOOLS[name]
  return join(installOnce(name, packages), 'node_modules', file)
}

/** The folder with the commands of a tool, for the PATH. */
export function toolFolder(name: ToolName): string {
  const { packages, file } = TOOLS[name]
  const modules = join(installOnce(name, packages), 'node_modules')
  return existsSync(join(modules, '.bin')) ? join(modules, '.bin') : dirname(join(modules, file))
}

function installOnce(name: string, packages: readonly string[]): string {
  return cached(name, packages, (folder) => {
    writeFileSync(join(folder, 'package.json'), '{ "name": "installed", "private": true }')
    execFileSync('npm', ['install', '--no-save', '--no-package-lock', ...NPM_OPTIONS, ...packages], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  })
}

/** A folder in the cache, which `fill` fills once for each key. */
export function cached(name: string, key: unknown, fill: (folder: string) => void): string {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 12)
  const folder = join(cache, `${name}-${hash}`)
  if (existsSync(folder)) return folder
  const part = `${folder}.${process.pid}.part`
  mkdirSync(part, { recursive: true })
  try {
    fill(part)
    renameSync(part, folder)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
  return folder
}

// No install script runs.
export const NPM_OPTIONS: readonly string[] = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  `--cache=${join(cache, 'npm')}`,
]

/** The built package, packed as npm would publish it, and a digest of its content. */
export function packedPackage(): { readonly file: string; readonly digest: string } {
  packed ??= pack()
  return packed
}

let packed: { readonly file: string; readonly digest: string } | undefined

function pack(): { readonly file: string; readonly digest: string } {
  const folder = join(cache, 'packed')
  mkdirSync(folder, { recursive: true })
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder, resolve('packages/moorage')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(output) as [{ readonly filename: string }]
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, filename)))
    .digest('hex')
    .slice(0, 12)
  // Package managers keep what they have unpacked by the path of a tarball.
  const file = join(folder, `moorage-${digest}.tgz`)
  renameSync(join(folder, filename), file)
  return { file, digest }
}

/** The registry that npm uses; Yarn 4 does not read npm's configuration. */
export function registry(): string {
  return execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
}
