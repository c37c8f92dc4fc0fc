import { MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'
import { reportVersionMismatch } from './version-notice.ts'

/** `redis-server` from the PATH, with its data in a folder of the run. */
export async function program(context: ProgramContext): Promise<Program> {
  const {
    service,
    ports,
    secrets,
    options: { databases },
    dir,
  } = context
  const server = findProgram('redis-server')
  if (!server) {
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}: found no redis-server on the PATH to run as a plain process.`,
      {
        service,
        hint: 'Install it (apt install redis-server, brew install redis), use Docker or Kubernetes, or set the URL of a running server.',
      },
    )
  }
  const password = secrets['password'] ?? ''
  reportVersionMismatch(context, { program: server })
  const options = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(ports['main']),
    '--dir',
    await dir(),
    '--save',
    '',
    '--appendonly',
    'no',
    '--requirepass',
    password,
    ...(databases === undefined ? [] : ['--databases', String(databases)]),
  ]
  return { command: [server, ...options], stopSignal: 'SIGTERM' }
}
