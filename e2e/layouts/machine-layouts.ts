import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { OTHER_UID, type Layout, type LayoutPlace } from './layout.ts'

// setpriv of util-linux keeps the environment, unlike su.
const AS_OTHER = ['setpriv', `--reuid=${OTHER_UID}`, `--regid=${OTHER_UID}`, '--clear-groups']

function folderIn(place: LayoutPlace, name: string, mode = 0o755): string {
  const path = join(place.scratch, name)
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  return path
}

/** The project, its home and a copy of Node belong to another user. */
function giveToOther({ folder, home, scratch }: LayoutPlace): void {
  mkdirSync(join(scratch, 'bin'))
  cpSync(process.execPath, join(scratch, 'bin/node'))
  execFileSync('chown', ['-R', `${OTHER_UID}:${OTHER_UID}`, folder, home])
}

// Caches and sockets of a user without a home stay among the temporary files.
const OWN_FOLDER = /(^|\/)moorage-\d+$/

const asOther = {
  root: true,
  prepare: giveToOther,
  wrap: () => AS_OTHER,
} as const
const otherPath = (scratch: string): string => `${scratch}/bin:/usr/local/bin:/usr/bin:/bin`

function withUmask(mask: string): Pick<Layout, 'wrap'> {
  return { wrap: () => ['sh', '-c', `umask ${mask}; exec "$@"`, 'sh'] }
}

/** Users, homes, temporary folders, masks and environments. */
export const machineLayouts: readonly Layout[] = [
  { title: 'HOME that does not exist', env: ({ scratch }) => ({ HOME: `${scratch}/none/home` }) },
  { title: 'HOME not set', env: ({ scratch }) => ({ HOME: undefined, XDG_CACHE_HOME: `${scratch}/cache` }) },
  { title: 'HOME is a file', env: ({ folder }) => ({ HOME: join(folder, 'package.json') }), leaves: OWN_FOLDER },
  { title: 'HOME is /dev/null', env: () => ({ HOME: '/dev/null' }), leaves: OWN_FOLDER },
  {
    title: 'HOME is empty',
    // npm and Vitest would write to the project.
    env: ({ scratch }) => ({
      HOME: '',
      XDG_CACHE_HOME: `${scratch}/cache`,
      XDG_DATA_HOME: `${scratch}/data`,
      npm_config_cache: `${scratch}/npm`,
    }),
  },
  { title: 'a relative XDG_CACHE_HOME', env: () => ({ XDG_CACHE_HOME: '../cache' }) },
  { title: 'a long HOME', env: (place) => ({ HOME: folderIn(place, 'h'.repeat(200)) }), leaves: OWN_FOLDER },
  { title: 'XDG_RUNTIME_DIR does not exist', env: ({ scratch }) => ({ XDG_RUNTIME_DIR: `${scratch}/none` }) },
  { title: 'a relative XDG_RUNTIME_DIR', env: () => ({ XDG_RUNTIME_DIR: '.' }) },
  { title: 'a long TMPDIR', env: (place) => ({ TMPDIR: folderIn(place, 't'.repeat(200)) }) },
  { title: 'a TMPDIR with spaces', env: (place) => ({ TMPDIR: folderIn(place, 'temporary files') }) },
  { title: 'TMPDIR does not exist', env: ({ scratch }) => ({ TMPDIR: `${scratch}/none` }) },
  { title: 'a world-writable TMPDIR', env: (place) => ({ TMPDIR: folderIn(place, 'all', 0o777) }) },
  { title: 'a relative TMPDIR', env: (place) => ({ TMPDIR: `../${basename(folderIn(place, 'temporary'))}` }) },
  {
    title: 'a symlinked TMPDIR',
    env: (place) => {
      symlinkSync(folderIn(place, 'real-temporary'), join(place.scratch, 'temporary'))
      return { TMPDIR: join(place.scratch, 'temporary') }
    },
  },
  { title: 'umask 077', ...withUmask('077') },
  { title: 'umask 000', ...withUmask('000') },
  { title: 'umask 777 for others and group', ...withUmask('027') },
  { title: 'no ps, and a minimal PATH', env: minimalPath },
  {
    title: 'a very long environment',
    env: () => Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`LONG_${i}`, 'x'.repeat(20_000)])),
  },
  {
    title: 'CI',
    env: () => ({
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '1',
      GITHUB_JOB: 'a/b c',
      GITHUB_RUN_ATTEMPT: '1',
    }),
  },
  { title: 'C locale and an odd time zone', env: () => ({ LC_ALL: 'POSIX', LANG: undefined, TZ: 'Asia/Kathmandu' }) },
  { title: 'stdin, stdout and stderr as they come', wrap: () => ['sh', '-c', 'exec "$@" <&-', 'sh'] },
  { title: 'few file descriptors', wrap: () => ['sh', '-c', 'ulimit -n 128; exec "$@"', 'sh'] },
  {
    title: 'another user',
    ...asOther,
    env: ({ scratch }) => ({ PATH: otherPath(scratch) }),
  },
  {
    title: 'another user without a home',
    leaves: OWN_FOLDER,
    ...asOther,
    env: ({ scratch }) => ({ PATH: otherPath(scratch), HOME: undefined, TMPDIR: undefined }),
  },
  {
    title: 'another user whose project is read-only',
    ...asOther,
    prepare: (place) => {
      giveToOther(place)
      execFileSync('chown', ['-R', '0:0', place.folder])
    },
    // Vite writes the config that it bundles beside it; Vitest runs it as a module then.
    runs: ['exec'],
    env: ({ scratch }) => ({ PATH: otherPath(scratch) }),
  },
  {
    title: 'a read-only file system',
    root: true,
    prepare: ({ folder }) => {
      execFileSync('mount', ['--bind', folder, folder])
      execFileSync('mount', ['-o', 'remount,bind,ro', folder])
      return { [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', folder]) }
    },
    runs: ['exec'],
  },
  {
    title: "Node's permission model",
    env: () => ({ NODE_OPTIONS: '--permission' }),
    runs: ['exec'],
    refusal: /permission/i,
  },
]

/** Links to the few programs that the project itself calls. */
function minimalPath(place: LayoutPlace): { readonly PATH: string } {
  const folder = folderIn(place, 'few-programs')
  for (const file of [process.execPath, '/bin/sh', ...['npm', 'redis-server'].map((name) => `/usr/bin/${name}`)])
    symlinkSync(file, join(folder, file.split('/').at(-1) ?? ''))
  return { PATH: folder }
}
