import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { BASE } from './base-project.ts'
import { installedProject, isManifest } from './install.ts'
import type { Layout, LayoutPlace, LayoutRun } from './layout.ts'
import { toolFile, toolFolder } from './tools.ts'

export interface OpenLayout extends Disposable {
  readonly place: LayoutPlace
  /** The folder in which commands run. */
  readonly cwd: string
  readonly env: { readonly [name: string]: string | undefined }
  command(run: LayoutRun): readonly string[]
}

/** The project of a layout in a temporary folder, with its packages installed. */
export function openLayout(layout: Layout): OpenLayout {
  const scratch = mkdtempSync(join(tmpdir(), 'moorage-layout-'))
  // Other users pass through it.
  chmodSync(scratch, 0o755)
  const folder = join(scratch, layout.folder ?? 'project')
  const place = { folder, scratch, home: join(scratch, 'home') }
  let prepared: Disposable | void
  const close = (): void => {
    prepared?.[Symbol.dispose]()
    rmSync(scratch, { recursive: true, force: true })
  }
  try {
    mkdirSync(dirname(folder), { recursive: true })
    mkdirSync(place.home)
    execFileSync('cp', ['-a', installedProject(layout), folder])
    for (const [path, text] of Object.entries({ ...BASE, ...layout.files })) {
      if (text === undefined || isManifest(path)) continue
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    prepared = layout.prepare?.(place)
  } catch (error) {
    close()
    throw error
  }
  const cwd = join(folder, layout.cwd ?? '.')
  return {
    place,
    cwd,
    env: { ...environment(layout, place), ...layout.env?.(place) },
    command: (run) => [...(layout.wrap?.(place) ?? []), ...commandOf(layout, { ...place, cwd }, run)],
    [Symbol.dispose]: close,
  }
}

function environment(
  { manager, node }: Layout,
  { home }: LayoutPlace,
): { readonly [name: string]: string | undefined } {
  const folders = [
    ...(manager === 'pnpm' || manager === 'yarn-classic' || manager === 'bun' ? [toolFolder(manager)] : []),
    dirname(nodeFile(node)),
    process.env['PATH'] ?? '',
  ]
  // What the machine of the developer has must not count.
  const own = {
    MOORAGE_CACHE_DIR: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_DATA_HOME: undefined,
    NODE_COMPILE_CACHE: undefined,
  }
  return { ...own, HOME: home, PATH: folders.join(delimiter), NO_COLOR: '1' }
}

function nodeFile(version: Layout['node']): string {
  return version === undefined ? process.execPath : toolFile(`node${version}`)
}

function commandOf(
  { manager, node }: Layout,
  { folder, cwd }: LayoutPlace & { readonly cwd: string },
  run: LayoutRun,
): readonly string[] {
  const words = run === 'exec' ? ['moorage', 'exec', '--', 'node', join(folder, 'check.mjs')] : ['vitest', 'run']
  if (manager === 'yarn-pnp') return [nodeFile(node), join(folder, '.yarn/releases/yarn.cjs'), ...words]
  const [name = '', ...args] = words
  for (let at = cwd; ; at = dirname(at)) {
    const file = join(at, 'node_modules/.bin', name)
    if (existsSync(file)) return [file, ...args]
    if (at === folder || at === dirname(at)) throw new RangeError(`${name} is not installed in ${cwd}`)
  }
}
