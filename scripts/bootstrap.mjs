import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE = '24.21.0'
const PNPM = '12.21.0'
const SITE = '@moorage/docs'
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Tools, packages and build, each only when it is missing or out of date. Gives the Node to run tasks with. */
export async function prepare(task) {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20)
    throw new Error(`moorage's scripts need Node 20 or later, and this is ${process.version}. Install a newer one.`)
  process.chdir(root)
  const cache =
    process.env.MOORAGE_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'moorage')
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
  } catch (error) {
    throw new Error(
      `The cache folder ${cache} cannot be used (${error.code}). Set MOORAGE_CACHE_DIR to a folder that you can write to.`,
    )
  }
  const env = environment(cache)
  const bin = await tools(cache, env)
  env.PATH = `${bin}${delimiter}${env.PATH}`
  if (task !== 'testbed') {
    await packages({ bin, cache, env, filter: `!${SITE}`, stamp: 'node_modules/.moorage-packages' })
    await build(bin, env)
    // The site's generator is large, and nothing else needs it.
    if (task === 'docs') await packages({ bin, cache, env, filter: SITE, stamp: 'docs/node_modules/.moorage-packages' })
  }
  return { node: join(bin, 'node'), env }
}

/** What tools write goes into the cache folder: nothing else outside the checkout is touched. */
function environment(cache) {
  return {
    ...process.env,
    npm_config_cache: join(cache, 'npm'),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    NODE_COMPILE_CACHE: join(cache, 'compiled'),
    // Vitest keeps a folder there.
    XDG_DATA_HOME: join(cache, 'data'),
  }
}

/** Node and pnpm from npm, in a folder named by their versions; no install script runs. */
async function tools(cache, env) {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  // The package `node` picks the platform's own by an install script; where its name is known, none has to run.
  const known = process.platform === 'linux'
  const name = known ? `node-${platform}` : 'node'
  const folder = join(cache, 'tools', `node-${NODE}-pnpm-${PNPM}-${platform}`)
  const bin = join(folder, 'bin')
  if (existsSync(bin)) return bin
  const part = `${folder}.${process.pid}.part`
  await step(`fetching Node ${NODE} and pnpm ${PNPM}`, async () => {
    mkdirSync(part, { recursive: true })
    writeFileSync(join(part, 'package.json'), '{}\n')
    const fetched = run(
      'npm',
      [
        'install',
        '--prefix',
        part,
        ...(known ? ['--ignore-scripts'] : []),
        '--no-save',
        '--no-package-lock',
        `${name}@${NODE}`,
        `pnpm@${PNPM}`,
      ],
      { env, cwd: part },
    )
    await fetched.catch((error) => {
      rmSync(part, { recursive: true, force: true })
      throw error
    })
    mkdirSync(join(part, 'bin'))
    const own = join('..', 'node_modules', '@pnpm', `exe.${platform}`, 'pnpm')
    symlinkSync(join('..', 'node_modules', name, 'bin', 'node'), join(part, 'bin', 'node'))
    symlinkSync(
      existsSync(join(part, 'bin', own)) ? own : join('..', 'node_modules', '.bin', 'pnpm'),
      join(part, 'bin', 'pnpm'),
    )
    // Two clones may get here at once: the second one finds the work done.
    try {
      renameSync(part, folder)
    } catch (error) {
      rmSync(part, { recursive: true, force: true })
      if (!existsSync(bin)) throw error
    }
  })
  return bin
}

async function packages({ bin, cache, env, filter, stamp }) {
  const inputs = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'docs/package.json',
    ...manifests('packages'),
    ...manifests('examples'),
    ...manifests('e2e/fixtures'),
  ]
  await unlessFresh(stamp, inputs, 'installing packages', async () => {
    // pnpm keeps a cache and state of its own under the XDG folders, and locks under the temporary one.
    const own = join(cache, 'pnpm')
    mkdirSync(join(own, 'tmp'), { recursive: true })
    const folders = {
      XDG_CACHE_HOME: own,
      XDG_STATE_HOME: own,
      XDG_DATA_HOME: own,
      TMPDIR: join(own, 'tmp'),
      CI: 'true',
    }
    // Its locks lie in /tmp whatever TMPDIR says; where they did not exist before, they are not needed afterwards.
    const locks = `/tmp/pnpm-store-operation-locks-${process.getuid?.()}`
    const before = existsSync(locks)
    const options = ['--frozen-lockfile', '--filter', filter, '--store-dir', join(own, 'store')]
    await run(join(bin, 'pnpm'), ['install', ...options], { env: { ...env, ...folders } })
    if (!before) rmSync(locks, { recursive: true, force: true })
  })
}

async function build(bin, env) {
  // The build copies these into the package.
  const roles = readdirSync('docs').filter((name) => name.endsWith('.yaml'))
  const pages = readdirSync('docs/errors').map((name) => join('docs/errors', name))
  const copied = ['LICENSE', 'README.md', ...roles.map((name) => join('docs', name)), ...pages]
  const inputs = ['tsconfig.json', 'scripts/tasks/build.ts', ...copied, ...sources('packages')]
  await unlessFresh('packages/moorage/dist/.built', inputs, 'building', () =>
    run(join(bin, 'node'), ['scripts/tasks/build.ts'], { env }, ''),
  )
}

async function unlessFresh(stamp, inputs, title, work) {
  const hash = createHash('sha256')
  for (const file of inputs) hash.update(file).update('\0').update(readFileSync(file)).update('\0')
  const wanted = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await step(title, work)
  writeFileSync(stamp, wanted)
}

function manifests(folder) {
  return readdirSync(folder)
    .map((name) => join(folder, name, 'package.json'))
    .filter((file) => existsSync(file))
}

function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (name === 'node_modules' || name === 'dist') return []
    if (statSync(path).isDirectory()) return sources(path)
    return /\.(ts|json|mjs)$/.test(name) ? [path] : []
  })
}

async function step(title, work) {
  const since = Date.now()
  process.stderr.write(`moorage: ${title}…\n`)
  await work()
  process.stderr.write(`moorage: ${title}: ${((Date.now() - since) / 1000).toFixed(1)} s\n`)
}

function run(command, args, options, advice = ' It needs the npm registry once; later runs do not.') {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      ...options,
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
    const failed = (why) => fail(new Error(`${said.trim()}\n\n\`${command} ${args.join(' ')}\` ${why}.${advice}`))
    child.once('error', (error) => failed(error.code === 'ENOENT' ? 'was not found' : error.message))
    child.once('close', (code) => (code === 0 ? done() : failed(`ended with exit code ${code}`)))
  })
}
