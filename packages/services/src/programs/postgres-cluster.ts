import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MoorageError, type ProgramContext } from '@moorage/core'
import { reachableByOthers, unprivileged, type PostgresServer } from './postgres-server.ts'

export interface Cluster {
  /** Path of the server's program, where its user can reach it. */
  readonly postgres: string
  readonly data: string
  readonly folder: string
}

/** A fresh cluster with the user, the password and the database: copied from one that was initialised once. */
export async function newCluster(context: ProgramContext, server: PostgresServer): Promise<Cluster> {
  const folder = await context.dir()
  const user = unprivileged()
  if (user !== undefined) await chown(folder, user, user)
  const bin =
    user !== undefined && !reachableByOthers(server.bin) ? await linkServer(context, { server, folder }) : server.bin
  const data = join(folder, 'data')
  const username = String(context.options['username'])
  const database = String(context.options['database'])
  const template = join(
    await context.cache('postgres'),
    `cluster-${server.version}-${user ?? 'own'}-${username}-${database}`,
  )
  const postgres = join(bin, 'postgres')
  if (!existsSync(template)) {
    // Without a folder of the locale's the cluster is the same on every machine. One MB segments: less to copy.
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
    await run(context, [join(bin, 'initdb'), '-D', data, ...settings], { cwd: folder })
    if (database !== 'postgres') await sql(context, { postgres, data, text: `CREATE DATABASE "${database}"` })
    await keep(context, { data, template, folder })
  } else await run(context, ['cp', '-a', template, data], { cwd: folder, asRoot: true })
  // Letters and digits only: made by the supervisor.
  await sql(context, {
    postgres,
    data,
    text: `ALTER ROLE "${username}" PASSWORD '${context.secrets['password'] ?? ''}'`,
  })
  return { postgres, data, folder }
}

/** Links, or copies across file systems, the server into the run's folder: nobody cannot enter root's home. */
async function linkServer(
  context: ProgramContext,
  { server, folder }: { server: PostgresServer; folder: string },
): Promise<string> {
  const source = dirname(server.bin)
  const target = join(folder, 'server')
  // The failed one has made the folder already: what is in the source goes into it, not the source.
  await run(context, ['cp', '-al', source, target], { cwd: folder, asRoot: true }).catch(() =>
    run(context, ['cp', '-a', `${source}/.`, target], { cwd: folder, asRoot: true }),
  )
  return join(target, 'bin')
}

async function keep(
  context: ProgramContext,
  { data, template, folder }: { data: string; template: string; folder: string },
): Promise<void> {
  const part = `${template}.${process.pid}.part`
  await run(context, ['cp', '-a', data, part], { cwd: folder, asRoot: true })
  // Two runs may get here at once: whoever comes second finds the work done.
  await rename(part, template).catch(() => rm(part, { recursive: true, force: true }))
}

/** A statement in single-user mode: no server, no port, no password yet. */
async function sql(
  context: ProgramContext,
  { postgres, data, text }: { postgres: string; data: string; text: string },
): Promise<void> {
  await run(context, [postgres, '--single', '-D', data, '-c', 'fsync=off', 'postgres'], {
    cwd: data,
    input: `${text}\n`,
  })
}

interface RunOptions {
  readonly cwd: string
  readonly input?: string
  readonly asRoot?: boolean
}

async function run(
  { service, signal }: ProgramContext,
  command: readonly string[],
  { cwd, input = '', asRoot = false }: RunOptions,
): Promise<void> {
  const user = asRoot ? undefined : unprivileged()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd,
    signal,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', PGTZ: 'UTC' },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const end = await new Promise<number | Error | null>((done) => child.once('error', done).once('close', done))
  // Single-user mode ends with 0 after a failed statement.
  if (end === 0 && !/^(ERROR|FATAL|PANIC):/m.test(said)) return
  signal.throwIfAborted()
  throw new MoorageError(
    'START_FAILED',
    `services.${service}: ${program} failed while the PostgreSQL cluster was made.`,
    {
      service,
      phase: 'start',
      logs: said
        .split('\n')
        .filter((line) => line.trim())
        .slice(-20),
      ...(end instanceof Error ? { cause: end } : {}),
    },
  )
}
