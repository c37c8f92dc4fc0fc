import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { manifest, PACKED } from './base-project.ts'
import type { Layout, LayoutFiles, ManagerName } from './layout.ts'
import { cache, cached, NPM_OPTIONS, packedPackage, registry, toolFile } from './tools.ts'

const MANIFESTS = ['package.json', 'pnpm-workspace.yaml', '.yarnrc.yml', 'yarn.lock']

type Installer = (folder: string) => void

const installers: { readonly [name in ManagerName]: Installer } = {
  npm: (folder) => run(folder, ['npm', 'install', ...NPM_OPTIONS]),
  pnpm: (folder) => {
    const own = join(cache, 'pnpm')
    const folders = { XDG_CACHE_HOME: own, XDG_STATE_HOME: own, XDG_DATA_HOME: own, CI: 'true' }
    run(folder, ['node', toolFile('pnpm'), 'install', '--no-frozen-lockfile', `--store-dir=${own}`], folders)
  },
  'yarn-classic': (folder) =>
    run(folder, [
      'node',
      toolFile('yarn-classic'),
      'install',
      `--cache-folder=${join(cache, 'yarn')}`,
      '--ignore-scripts',
    ]),
  'yarn-pnp': (folder) => {
    mkdirSync(join(folder, '.yarn/releases'), { recursive: true })
    copyFileSync(toolFile('yarn-pnp'), join(folder, '.yarn/releases/yarn.cjs'))
    run(folder, ['node', '.yarn/releases/yarn.cjs', 'install'], {
      YARN_NPM_REGISTRY_SERVER: registry(),
      YARN_UNSAFE_HTTP_WHITELIST: new URL(registry()).hostname,
      YARN_GLOBAL_FOLDER: join(cache, 'yarn-berry'),
      YARN_ENABLE_SCRIPTS: 'false',
    })
  },
  bun: (folder) => run(folder, [toolFile('bun'), 'install'], { BUN_INSTALL_CACHE_DIR: join(cache, 'bun') }),
}

/** A folder with the manifests of a layout and its packages, installed once by its package manager. */
export function installedProject({ manager = 'npm', files = {} }: Layout): string {
  const { file, digest } = packedPackage()
  const manifests = Object.entries(withManifest(files)).filter(([path]) => MANIFESTS.includes(basename(path)))
  return cached(`project-${manager}`, [manifests, digest], (folder) => {
    for (const [path, text] of manifests) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), (text ?? '').replaceAll(PACKED, `file:${file}`))
    }
    installers[manager](folder)
  })
}

/** Files that a layout does not write once its packages are installed: the package manager may have changed them. */
export function isManifest(path: string): boolean {
  return MANIFESTS.includes(basename(path))
}

function withManifest(files: LayoutFiles): LayoutFiles {
  return { 'package.json': manifest(), ...files }
}

function run(
  cwd: string,
  [program = '', ...args]: readonly string[],
  env: { readonly [name: string]: string } = {},
): void {
  try {
    execFileSync(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new RangeError(`${program} ${args.join(' ')} failed:\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error })
  }
}
