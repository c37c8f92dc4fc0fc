import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MoorageError, type ProgramContext } from '@moorage/core'
import { reachableByOthers, unprivilegedUid, type PostgresServer } from './postgres-server.ts'

/** How much of a failed command's output the error contains. */
const LOG_LINES = 20

export interface Cluster {
  /** Path of the `postgres` program, readable by the uid that runs it. */
  readonly postgres: string
  /** The data directory. */
  readonly data: string
  /** The folder of the run, which contains the data directory. */
  readonly folder: string
}

/** Creates a cluster with the user, the password and the database. It is copied from a template in the cache. */
export async function createCluster(context: ProgramContext, server: PostgresServer): Promise<Cluster> {
  const folder = await context.dir()
  const uid = unprivilegedUid()
  if (uid !== undefined) await chown(folder, uid, uid)
  const bin =
    uid !== undefined && !reachableByOthers(server.bin) ? await linkServer(context, { server, folder }) : server.bin
  const data = join(folder, 'data')
  const username = String(context.options['username'])
  const database = String(context.options['database'])
  const template = join(
    await context.cache('postgres'),
    `cluster-${server.version}-${uid ?? 'own'}-${username}-${database}`,
  )
  const postgres = join(bin, 'postgres')
  if (!existsSync(template)) {
    // Locale C is the same on every machine. WAL segments of 1 MB keep the template small.
    const settings = [
      '-U',
      username,
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
      '--no-sync',
      '--no-instructions',
      '--locale=C',
      '-E',
      'UTF8',
      '--wal-segsize=1',
    ]
    await runCommand(context, [join(bin, 'initdb'), '-D', data, ...settings], { cwd: folder })
    if (database !== 'postgres') await runSql(context, { postgres, data, text: `CREATE DATABASE "${database}"` })
    await saveTemplate(context, { data, template, folder })
  } else await runCommand(context, ['cp', '-a', template, data], { cwd: folder, asRoot: true })
  // The supervisor generates the password from letters and digits, so it needs no escaping.
  await runSql(context, {
    postgres,
    data,
    text: `ALTER ROLE "${username}" PASSWORD '${context.secrets['password'] ?? ''}'`,
  })
  return { postgres, data, folder }
}

/**
 * Hard-links the server into the run's folder, since `nobody` cannot enter root's home. Copies it across file systems.
 */
async function linkServer(
  context: ProgramContext,
  { server, folder }: { server: PostgresServer; folder: string },
): Promise<string> {
  const source = dirname(server.bin)
  const target = join(folder, 'server')
  // The failed `cp -al` has created the target folder, so the second `cp` copies the content of the source.
  await runCommand(context, ['cp', '-al', source, target], { cwd: folder, asRoot: true }).catch(() =>
    runCommand(context, ['cp', '-a', `${source}/.`, target], { cwd: folder, asRoot: true }),
  )
  return join(target, 'bin')
}

async function saveTemplate(
  context: ProgramContext,
  { data, template, folder }: { data: string; template: string; folder: string },
): Promise<void> {
  const partial = `${template}.${process.pid}.part`
  await runCommand(context, ['cp', '-a', data, partial], { cwd: folder, asRoot: true })
  // Two runs may do this at once. The second rename fails, and its copy is not needed.
  await rename(partial, template).catch(() => rm(partial, { recursive: true, force: true }))
}

/** Runs a statement in single-user mode, which needs no server, port or password. */
async function runSql(
  context: ProgramContext,
  { postgres, data, text }: { postgres: string; data: string; text: string },
): Promise<void> {
  await runCommand(context, [postgres, '--single', '-D', data, '-c', 'fsync=off', 'postgres'], {
    cwd: data,
    input: `${text}\n`,
  })
}

interface CommandOptions {
  readonly cwd: string
  readonly input?: string
  readonly asRoot?: boolean
}

async function runCommand(
  { service, signal }: ProgramContext,
  command: readonly string[],
  { cwd, input = '', asRoot = false }: CommandOptions,
): Promise<void> {
  const uid = asRoot ? undefined : unprivilegedUid()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd,
    signal,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', PGTZ: 'UTC' },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const result = await new Promise<number | Error | null>((resolve) =>
    child.once('error', resolve).once('close', resolve),
  )
  // Single-user mode exits with 0 even if a statement fails.
  if (result === 0 && !/^(ERROR|FATAL|PANIC):/m.test(output)) return
  signal.throwIfAborted()
  throw new MoorageError(
    'START_FAILED',
    `services.${service}: ${program} failed while creating the PostgreSQL cluster.`,
    {
      service,
      phase: 'start',
      logs: output
        .split('\n')
        .filter((line) => line.trim())
        .slice(-LOG_LINES),
      ...(result instanceof Error ? { cause: result } : {}),
    },
  )
}
