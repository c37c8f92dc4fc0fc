import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export interface Project extends Disposable {
  readonly folder: string
}

const BUILT = ['moorage', 'embedded-postgres']

/** A project of its own outside the workspace, with the built package. */
export function openProject(files: { readonly [path: string]: string }): Project {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-project-'))
  mkdirSync(join(folder, 'node_modules'))
  for (const name of BUILT)
    symlinkSync(
      name === 'moorage' ? resolve('packages/moorage') : resolve('packages/moorage/node_modules', name),
      join(folder, 'node_modules', name),
    )
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A config's source. */
export function config(services: string, provider?: string): string {
  return `import { container, defineConfig, docker, kubernetes, mongodb, npmServer, postgres, plainProcess as plain, redis, staticServer } from 'moorage'
export default defineConfig({ ${provider ? `provider: ${provider}, ` : ''}services: { ${services} } })
`
}

/** A package.json with scripts. */
export function scripts(all: { readonly [name: string]: string }): string {
  return JSON.stringify({ type: 'module', scripts: all })
}
