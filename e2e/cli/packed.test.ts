import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/inventory/world.ts'

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

const MAX_PACKAGES = 10
const MAX_BYTES = 6_000_000

let folder: string
let world: World
let packed: Packed

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moorage-packed-'))
  world = await openWorld()
  ;[packed] = JSON.parse(npm('pack', '--json', resolve('packages/moorage'))) as [Packed]
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  npm('install', '--omit=optional', '--omit=peer', '--no-package-lock', `./${packed.filename}`)
  mkdirSync(join(folder, 'site'))
  writeFileSync(join(folder, 'site', 'index.html'), '<p>hello</p>')
  writeFileSync(
    join(folder, 'moorage.config.ts'),
    `import { defineConfig, plainProcess, staticServer } from 'moorage'
export default defineConfig({ provider: plainProcess(), services: { web: staticServer({ root: 'site' }) } })
`,
  )
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function npm(...args: string[]): string {
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

interface Said {
  readonly code: number | null
  readonly text: string
}

interface RunOptions {
  readonly tty?: boolean
  readonly env?: { readonly [name: string]: string | undefined }
}

const PLAIN_ENVIRONMENT = {
  // Node shows no colours where it is set, even if it is empty.
  CI: undefined,
  TERM: 'xterm-256color',
  GITHUB_ACTIONS: undefined,
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  NODE_DISABLE_COLORS: undefined,
}

/** Runs the installed command, on a terminal or without one. Times, ports and the run are made equal. */
async function moorage(args: readonly string[], { tty = false, env = {} }: RunOptions = {}): Promise<Said> {
  const argv = [process.execPath, join(folder, 'node_modules/moorage/bin/moorage.mjs'), ...args]
  const child = await world.spawn(argv, {
    cwd: folder,
    tty,
    env: { ...PLAIN_ENVIRONMENT, MOORAGE_CACHE_DIR: join(folder, 'cache'), ...env },
  })
  const { code } = await child.ended
  const text = child
    .output()
    .replaceAll('\r\n', '\n')
    .replace(/dev-[0-9a-f]{8}/g, 'RUN')
    .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
    .replace(/\d+\.\d\d s/g, 'TIME')
  return { code, text }
}

const STARTED = `moorage: provider process (plain processes on linux; chosen by the config)
moorage: web starting
moorage: web waiting until ready
moorage: ✓ web  http://ADDRESS  TIME
moorage: run RUN is kept for 8 h; to remove it earlier: moorage down
`

test('the package has its files, its size and its types', () => {
  const paths = packed.files.map(({ path }) => path)
  expect(paths.filter((path) => !/^(dist|bin|docs\/errors)\//.test(path)).toSorted()).toEqual([
    'LICENSE',
    'README.md',
    'compose.schema.json',
    'kubernetes-cluster-role.yaml',
    'kubernetes-deleter-cluster-role.yaml',
    'kubernetes-lease-role.yaml',
    'kubernetes-role.yaml',
    'package.json',
  ])
  expect(paths).toContain('bin/moorage.mjs')
  expect(paths).toContain('docs/errors/START_FAILED.md')
  const licenses = readFileSync(join(folder, 'node_modules/moorage/dist/bundled-licenses.md'), 'utf8')
  expect(licenses).toMatch(/^## commander \S+ \(MIT\)\n\n\(The MIT License\)/m)
  expect(licenses).not.toContain('No licence file')
  const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))
  expect(packages.toSorted()).toEqual(['get-port', 'moorage'])
  expect(packages.length).toBeLessThanOrEqual(MAX_PACKAGES)
  const files = globSync('node_modules/**', { cwd: folder }).map((file) => statSync(join(folder, file)))
  expect(files.reduce((bytes, file) => bytes + (file.isFile() ? file.size : 0), 0)).toBeLessThan(MAX_BYTES)
  const attw = resolve('node_modules/@arethetypeswrong/cli/dist/index.js')
  // The package has ES modules only, apart from moorage/test.
  const options = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'json']
  const found = execFileSync(process.execPath, [attw, join(folder, packed.filename), ...options], { encoding: 'utf8' })
  const { analysis } = JSON.parse(found) as { readonly analysis: { readonly problems: readonly { kind: string }[] } }
  expect(analysis.problems.filter(({ kind }) => !['CJSResolvesToESM', 'NoResolution'].includes(kind))).toEqual([])
})

test('exec runs a command with a service', () => {
  const page = execFileSync(
    'npx',
    [
      'moorage',
      'exec',
      '--',
      process.execPath,
      '-e',
      'fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)',
    ],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  expect(page).toBe('<p>hello</p>\n')
})

test('without a terminal: a line for each event', async () => {
  expect(await moorage(['up'])).toEqual({ code: 0, text: STARTED })
  expect(await moorage(['status'])).toEqual({
    code: 0,
    text: 'run RUN, kept for another 8 h\n✓ web  http://ADDRESS\n',
  })
  const listed = await moorage(['ls'])
  expect(listed.text.split('\n')[0]).toMatch(/^RUN +PROJECT +SERVICES +STATE$/)
  expect(listed.text).toContain(`${folder}  web       kept for another 8 h\n`)
  expect(await moorage(['open', 'web'], { env: { DISPLAY: '', WAYLAND_DISPLAY: '', WSL_DISTRO_NAME: '' } })).toEqual({
    code: 0,
    text: 'http://ADDRESS\nmoorage: no browser was opened: there is no display\n',
  })
  expect(await moorage(['open', 'wbe'])).toEqual({
    code: 2,
    text: 'moorage: services.wbe is not running. Did you mean web?\nRunning services: web.\n',
  })
  expect(await moorage(['logs', '--all', '-n', '0'])).toEqual({ code: 0, text: '' })
  expect(await moorage(['down'])).toEqual({ code: 0, text: 'moorage: removed run RUN\n' })
})

test('on a terminal: the services that start are redrawn in place, and colours mark the result', async () => {
  const { code, text } = await moorage(['up'], { tty: true })
  expect(code).toBe(0)
  expect(text).toContain('\u001B[1A\r\u001B[0J')
  expect(text.replaceAll('\u001B', '')).toMatch(/\[2mmoorage: web +\d\.\d s {2}starting\[22m\n/)
  expect(text).toContain('moorage: \u001B[32m✓\u001B[39m web  http://ADDRESS  TIME\n')
  const plain = await moorage(['restart', 'web'], { tty: true, env: { NO_COLOR: '1' } })
  expect(plain.text).toContain('moorage: ✓ web  http://ADDRESS  TIME\n')
  expect(plain.text).not.toContain('\u001B[32m')
  // In CI, a terminal gets plain lines.
  expect((await moorage(['restart'], { tty: true, env: { CI: 'true', NO_COLOR: '1' } })).text).toBe(
    `${STARTED.split('\n').slice(1, 4).join('\n')}\nmoorage: restarted services of run RUN in TIME\n`,
  )
  expect((await moorage(['down'], { tty: true })).text).toBe('moorage: removed run RUN\n')
})

test('a folder without a config, and one without anything that runs', async () => {
  rmSync(join(folder, 'moorage.config.ts'))
  expect(await moorage(['up'])).toEqual({
    code: 2,
    text: `moorage: ${folder} contains no moorage.config.ts.
Create one:
  import { defineConfig, postgres } from 'moorage'
  export default defineConfig({ services: { db: postgres() } })
More: moorage explain CONFIG_NOT_FOUND
`,
  })
  expect(await moorage(['ls'])).toEqual({ code: 0, text: 'moorage: none of your runs is alive on this machine\n' })
})
