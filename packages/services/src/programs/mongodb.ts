import { MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { findPackage, findProgram } from './find-program.ts'
import { tellVersion } from './version-notice.ts'

/** The part of mongodb-memory-server-core that is used: it downloads and caches a mongod. */
interface MemoryServer {
  readonly MongoBinary: { getPath(): Promise<string> }
}

/** `mongod` from the PATH, else the one that the user's `mongodb-memory-server` keeps. */
export async function program(context: ProgramContext): Promise<Program> {
  const mongod = findProgram('mongod') ?? (await fromMemoryServer(context))
  if (!mongod) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${context.service}: there is no mongod on the PATH to run as a plain process.`,
      {
        service: context.service,
        hint: 'Install MongoDB, or `npm install --save-dev mongodb-memory-server`, use Docker or Kubernetes, or set the URL of one that runs.',
      },
    )
  }
  tellVersion(context, { program: mongod })
  const options = [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(context.ports['main']),
    '--dbpath',
    await context.dir(),
    '--nounixsocket',
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
      `services.${service}: mongodb-memory-server has no mongod, and could not get one.`,
      {
        service,
        hint: 'Its own message is the cause; MONGOMS_SYSTEM_BINARY names a mongod that is already there.',
        cause,
      },
    )
  }
}
