import { MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { REPLICA_SET } from '../prepare/replica-set.ts'
import { findPackage, findProgram } from './find-program.ts'
import { reportVersionMismatch } from './version-notice.ts'

/** The part of mongodb-memory-server-core that is used. It downloads and caches a mongod. */
interface MemoryServer {
  readonly MongoBinary: { getPath(): Promise<string> }
}

/** `mongod` from the PATH, else from the `mongodb-memory-server` of the user's project. */
export async function program(context: ProgramContext): Promise<Program> {
  const mongod = findProgram('mongod') ?? (await fromMemoryServer(context))
  if (!mongod) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${context.service}: found no mongod on the PATH to run as a plain process.`,
      {
        service: context.service,
        hint: 'Install MongoDB, run `npm install --save-dev mongodb-memory-server`, use Docker or Kubernetes, or set the URL of a running server.',
      },
    )
  }
  reportVersionMismatch(context, { program: mongod })
  const options = [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(context.ports['main']),
    '--dbpath',
    await context.dir(),
    '--nounixsocket',
    ...(context.options['replicaSet'] === true ? ['--replSet', REPLICA_SET] : []),
  ]
  return { command: [mongod, ...options] }
}

async function fromMemoryServer({ root, service }: ProgramContext): Promise<string | undefined> {
  const url = findPackage('mongodb-memory-server-core', root) ?? findPackage('mongodb-memory-server', root)
  if (!url) return undefined
  try {
    const { MongoBinary } = (await import(url)) as MemoryServer
    return await MongoBinary.getPath()
  } catch (cause) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: mongodb-memory-server has no mongod and could not download one.`,
      {
        service,
        hint: 'The cause has its message. To use an installed mongod, set MONGOMS_SYSTEM_BINARY to its path.',
        cause,
      },
    )
  }
}
