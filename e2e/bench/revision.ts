import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A built checkout of the project. */
export interface Revision {
  readonly root: string
  /** What its processes get: the URL of its module, and a cache that only this comparison uses. */
  readonly env: NodeJS.ProcessEnv
}

/** The checkout in which the bench runs, with its package as it was built last. */
export function currentRevision(cache: string): Revision {
  return toRevision(resolve('.'), join(cache, 'now'))
}

/** Unpacks a revision of the project into the cache, installs its packages and builds it; once for each commit. */
export function buildRevision(name: string, cache: string): Revision {
  const commit = git('rev-parse', '--verify', `${name}^{commit}`).toString().trim()
  const builds = process.env['MOORAGE_CACHE_DIR'] || join(homedir(), '.cache', 'moorage')
  const root = join(builds, 'bench', commit.slice(0, 12))
  const done = join(root, '.built')
  if (existsSync(done)) return toRevision(root, join(cache, 'before'))
  rmSync(root, { recursive: true, force: true })
  mkdirSync(root, { recursive: true })
  const archive = git('archive', '--format=tar', commit)
  execFileSync('tar', ['-x', '-C', root], { input: archive, maxBuffer: Number.MAX_SAFE_INTEGER })
  const built = spawnSync(process.execPath, ['scripts/run.mjs', 'build'], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) throw new RangeError(`${name} cannot be built in ${root}:\n${built.stdout}${built.stderr}`)
  writeFileSync(done, '')
  return toRevision(root, join(cache, 'before'))
}

function toRevision(root: string, cache: string): Revision {
  const folder = join(root, 'packages', 'moorage')
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: { readonly '.': { readonly default: string } }
  }
  mkdirSync(cache, { mode: 0o700 })
  const module = pathToFileURL(join(folder, manifest.exports['.'].default)).href
  return { root, env: { BENCH_MODULE: module, MOORAGE_CACHE_DIR: cache } }
}

function git(...args: readonly string[]): Buffer {
  return execFileSync('git', args, { maxBuffer: 2 ** 30 })
}
