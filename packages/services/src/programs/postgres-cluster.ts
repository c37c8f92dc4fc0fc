import { createHash } from 'node:crypto'
import { chown, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ProgramContext } from '@moorage/core'
import { copyFromTemplate, saveTemplate } from './initdb-cache.ts'
import type { PostgresServer } from './find-postgres.ts'
import { runCommand, type CommandOptions } from './run-command.ts'
import { reachableByOthers, unprivilegedUser, type UnprivilegedUser } from './unprivileged-user.ts'

export interface Cluster {
  /** Path of the `postgres` program, readable by the uid that runs it. */
  readonly postgres: string
  /** The data directory, the only part of the run's folder that belongs to that uid. */
  readonly data: string
  /** The user that runs it if it is not the present one. */
  readonly user: UnprivilegedUser | undefined
}

const TASK = 'creating the PostgreSQL cluster'

/**
 * Creates a cluster with the user, the password and the database. It is copied from a template in the cache.
 * Whatever touches the data directory runs as its user, since root must follow no path that another user can change.
 */
export async function createCluster(context: ProgramContext, server: PostgresServer): Promise<Cluster> {
  const folder = await context.dir()
  const user = await unprivilegedUser(folder)
  const uid = user?.uid
  const bin =
    uid !== undefined && !reachableByOthers(server.bin) ? await linkServer(context, server, folder) : server.bin
  const postgres = join(bin, 'postgres')
  const place: DataPlace = { postgres, data: join(folder, 'data'), user, uid }
  const username = String(context.options['username'])
  const database = String(context.options['database'])
  const locale = String(context.options['locale'])
  const template = join(await context.cache('postgres'), templateName([server.version, username, database, locale]))
  await createDataFolder(place)
  if (!(await copyFromTemplate(context, { ...place, template }))) {
    await initialise(context, place, { bin, username, database, locale })
    await saveTemplate(context, { ...place, template })
  }
  // The supervisor generates the password from letters and digits, so it needs no escaping.
  await runSql(context, place, `ALTER ROLE "${username}" PASSWORD '${context.secrets['password'] ?? ''}'`)
  return place
}

interface DataPlace extends Cluster {
  readonly uid: number | undefined
}

/** A file name for what determines a template. Hashed, because names joined by a separator can be equal by accident. */
function templateName(parts: readonly string[]): string {
  return `cluster-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}.tar`
}

async function initialise(
  context: ProgramContext,
  place: DataPlace,
  { bin, username, database, locale }: { readonly [name in 'bin' | 'username' | 'database' | 'locale']: string },
): Promise<void> {
  const { data, user, uid } = place
  const options: CommandOptions = { task: TASK, cwd: data, uid }
  // A copy that broke off has left files, which initdb refuses.
  await runCommand(context, ['find', '.', '-mindepth', '1', '-delete'], options)
  // WAL segments of 1 MB keep the template small.
  const settings = [
    '-U',
    username,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--no-sync',
    '--no-instructions',
    `--locale=${locale}`,
    '-E',
    'UTF8',
    '--wal-segsize=1',
  ]
  await runCommand(context, [join(bin, 'initdb'), '-D', data, ...settings], { ...options, user })
  if (database !== 'postgres') await runSql(context, place, `CREATE DATABASE "${database}"`)
}

async function createDataFolder({ data, uid }: DataPlace): Promise<void> {
  await mkdir(data, { mode: 0o700 })
  if (uid !== undefined) await chown(data, uid, uid)
}

/**
 * Hard-links the server into the run's folder, since another user cannot enter root's home. Copies it across file
 * systems. The folder and the links stay root's.
 */
async function linkServer(context: ProgramContext, server: PostgresServer, folder: string): Promise<string> {
  const source = dirname(server.bin)
  const target = join(folder, 'server')
  const options: CommandOptions = { task: TASK, cwd: folder }
  // The failed `cp -al` has created the target folder, so the second `cp` copies the content of the source.
  await runCommand(context, ['cp', '-al', source, target], options).catch(() =>
    runCommand(context, ['cp', '-a', `${source}/.`, target], options),
  )
  return join(target, 'bin')
}

/** Runs a statement in single-user mode, which needs no server, port or password. */
async function runSql(context: ProgramContext, { postgres, data, user }: DataPlace, text: string): Promise<void> {
  const command = [postgres, '--single', '-D', data, '-c', 'fsync=off', 'postgres']
  await runCommand(context, command, { task: TASK, cwd: data, user, input: `${text}\n` })
}
