import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findConfig } from '../../../packages/core/src/config/find-config.ts'
import { thrownMessage } from '../../thrown-error.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-file-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(root, name)
  writeFileSync(file, text)
  return file
}

/** In a Node of its own: Vitest imports by its own rules, users' configs are imported by Node's. */
function load(file: string): string {
  const script = `
    const { loadConfig } = await import(${JSON.stringify(resolve('packages/core/src/config/load-config.ts'))})
    try { await loadConfig(process.argv[1]); console.log('loaded') } catch (error) { console.log(error.code + '\\n' + error.message) }`
  return execFileSync(process.execPath, ['--input-type=module', '-e', script, file], { encoding: 'utf8' }).trimEnd()
}

test('no config', async () => {
  expect(await thrownMessage(() => findConfig(root))).toBe(
    `CONFIG_NOT_FOUND\n${root} contains no moorage.config.ts.\nCreate one:\n  import { defineConfig, postgres } from 'moorage'\n  export default defineConfig({ services: { db: postgres() } })`,
  )
})

test('two configs', async () => {
  write('moorage.config.ts', '')
  write('moorage.config.mjs', '')
  expect(await thrownMessage(() => findConfig(root))).toBe(
    `CONFIG_INVALID\n${root} contains two config files: moorage.config.ts and moorage.config.mjs.\nRemove one of them.`,
  )
})

test('one config, whatever its ending', () => {
  for (const ending of ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs']) {
    const file = write(`moorage.config.${ending}`, '')
    expect(findConfig(root)).toBe(file)
    rmSync(file)
  }
})

test.each([
  ['a folder of a package', 'src/deep', ['package.json'], ''],
  ['a package of a workspace', 'packages/a', ['packages/a/package.json', 'pnpm-workspace.yaml'], ''],
  ['a package of a repository', 'packages/a', ['packages/a/package.json', '.git'], ''],
])('the config of %s is found above it', (_what, folder, marks, at) => {
  mkdirSync(join(root, folder), { recursive: true })
  for (const mark of marks) write(mark, '{}')
  const config = write(join(at, 'moorage.config.ts'), '')
  expect(findConfig(join(root, folder))).toBe(config)
  const nearest = write(join(folder, 'moorage.config.mjs'), '')
  expect(findConfig(join(root, folder))).toBe(nearest)
})

test('workspaces in package.json mark a root, and nothing above a root is searched', async () => {
  mkdirSync(join(root, 'w/packages/a'), { recursive: true })
  write('moorage.config.ts', '')
  write('w/package.json', '{"workspaces":["packages/*"]}')
  write('w/packages/a/package.json', '{}')
  expect(await thrownMessage(() => findConfig(join(root, 'w/packages/a')))).toBe(
    `CONFIG_NOT_FOUND\n${root}/w/packages/a contains no moorage.config.ts, nor does any folder above it up to ${root}/w.\nCreate one:\n  import { defineConfig, postgres } from 'moorage'\n  export default defineConfig({ services: { db: postgres() } })`,
  )
  const config = write('w/moorage.config.ts', '')
  expect(findConfig(join(root, 'w/packages/a'))).toBe(config)
})

test('nothing is searched in a folder above that all users share', async () => {
  chmodSync(root, 0o1777)
  mkdirSync(join(root, 'project/src'), { recursive: true })
  // Of another user, who waits for someone to work below.
  write('moorage.config.ts', '')
  write('.git', '')
  expect(await thrownMessage(() => findConfig(join(root, 'project/src')))).toMatch(
    /^CONFIG_NOT_FOUND\n\S+\/project\/src contains no moorage\.config\.ts\.\n/,
  )
  // The user's own choice.
  expect(findConfig(root)).toBe(join(root, 'moorage.config.ts'))
})

test.each(['cjs', 'cts'])('a later import of a CommonJS config (.%s) reads it and its modules again', (ending) => {
  const file = write(`moorage.config.${ending}`, "module.exports = { services: {}, root: require('./root.cjs') }")
  write('root.cjs', "module.exports = 'one'")
  const script = `
    import { writeFileSync } from 'node:fs'
    const { loadConfig } = await import(${JSON.stringify(resolve('packages/core/src/config/load-config.ts'))})
    const first = await loadConfig(process.argv[1])
    writeFileSync(process.argv[2], "module.exports = 'two'")
    const second = await loadConfig(process.argv[1])
    writeFileSync(process.argv[1], "module.exports = { services: {}, root: 'three' }")
    console.log(first.root, second.root, (await loadConfig(process.argv[1])).root)`
  const args = ['--input-type=module', '-e', script, file, join(root, 'root.cjs')]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('one two three\n')
})

test('a later import reads again what the config imports', () => {
  const file = write(
    'moorage.config.ts',
    "import { keep } from './lib/a.ts'\nexport default { services: {}, root: keep }",
  )
  mkdirSync(join(root, 'lib'))
  write('lib/a.ts', "export { keep } from './b.ts'")
  write('lib/b.ts', "export const keep = 'one'")
  const script = `
    import { writeFileSync } from 'node:fs'
    const { loadConfig } = await import(${JSON.stringify(resolve('packages/core/src/config/load-config.ts'))})
    const first = await loadConfig(process.argv[1])
    writeFileSync(process.argv[2], "export const keep = 'two'")
    console.log(first.root, (await loadConfig(process.argv[1])).root)`
  const args = ['--input-type=module', '-e', script, file, join(root, 'lib/b.ts')]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('one two\n')
})

test.each([
  ['an import', "import { readFileSync } from 'node:fs'\nexport default readFileSync"],
  ['an export', 'export default {}'],
])('CommonJS with %s, in no words that Vitest takes for another fault', (_what, text) => {
  write('package.json', '{"type":"commonjs"}')
  const file = write('moorage.config.ts', text)
  expect(load(file)).toBe(
    `CONFIG_INVALID\n${file} could not be loaded: package.json declares its files as CommonJS.\nRename the config to moorage.config.mts, or set "type": "module" in package.json.`,
  )
})

const STRIPPED = 'Node removes types but does not compile: write enums and namespaces as plain objects.'

test.each<[what: string, name: string, source: string, text: (file: string) => string]>([
  [
    'a config that throws',
    'moorage.config.ts',
    "throw new TypeError('no such thing')",
    (file) =>
      `${file} could not be loaded: no such thing.\nCorrect the file. The stack trace is in the cause of this error.`,
  ],
  [
    'an error whose text ends with a full stop',
    'moorage.config.ts',
    "throw new TypeError('No such thing.')",
    (file) =>
      `${file} could not be loaded: No such thing.\nCorrect the file. The stack trace is in the cause of this error.`,
  ],
  [
    'a config that throws no error',
    'moorage.config.ts',
    'throw null',
    (file) => `${file} could not be loaded: null.\nCorrect the file. The stack trace is in the cause of this error.`,
  ],
  [
    'an enum',
    'moorage.config.ts',
    'enum Port { Http = 80 }\nexport default Port.Http',
    (file) => `${file}:1 could not be loaded: TypeScript enum is not supported in strip-only mode.\n${STRIPPED}`,
  ],
  [
    'a syntax error in TypeScript',
    'moorage.config.ts',
    'export const a = 1\nexport default {{',
    (file) =>
      `${file}:2 could not be loaded: Unexpected token \`{\`. Expected identifier, string literal, numeric literal or [ for the computed key.\nCorrect the syntax at that line.`,
  ],
  [
    'a syntax error in JavaScript',
    'moorage.config.mjs',
    'export const a = 1\nexport default {{',
    (file) =>
      `${file} could not be loaded: Unexpected token '{'.\nCorrect its syntax. \`node --check ${file}\` shows the line.`,
  ],
  [
    'a package that is missing',
    'moorage.config.mjs',
    "import 'no-such-package'",
    (file) =>
      `${file} could not be loaded: Cannot find package 'no-such-package' imported from ${file}.\nInstall the package, or add the file extension to the import: Node does not resolve paths without one.`,
  ],
  [
    'no default export',
    'moorage.config.ts',
    'export const config = 1',
    (file) => `${file} has no config as its default export.\nWrite: export default defineConfig({ services: { … } })`,
  ],
  [
    'another thing as the default',
    'moorage.config.ts',
    'export default { services: {} }',
    (file) => `${file} has no config as its default export.\nWrite: export default defineConfig({ services: { … } })`,
  ],
])('%s', (_what, name, source, text) => {
  const file = write(name, source)
  expect(load(file)).toBe(`CONFIG_INVALID\n${text(file)}`)
})

test("moorage's own error in a config stays what it is", () => {
  const core = JSON.stringify(resolve('packages/core/src/contract/errors.ts'))
  const file = write(
    'moorage.config.ts',
    `import { MoorageError } from ${core}\nthrow new MoorageError('CONFIG_INVALID', 'services.db is not a service.', { hint: 'Call a preset.' })`,
  )
  expect(load(file)).toBe(`CONFIG_INVALID\n${file}: services.db is not a service.\nCall a preset.`)
})

test('a folder that imports are relative to', () => {
  mkdirSync(join(root, 'sub'))
  const file = write('moorage.config.mjs', `import './sub/ports'`)
  expect(load(file)).toContain('Cannot find module')
})
