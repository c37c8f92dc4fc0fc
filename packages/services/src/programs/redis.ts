import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MoorageError, type JsonObject, type Program, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'
import { reportVersionMismatch } from './version-notice.ts'

/** `redis-server` from the PATH, with its data in a folder of the run. */
export async function program(context: ProgramContext): Promise<Program> {
  const {
    service,
    ports,
    secrets,
    options: { settings: chosen },
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
  reportVersionMismatch(context, { program: server })
  const folder = await dir()
  const settings: { readonly [name: string]: string } = {
    bind: '127.0.0.1',
    port: String(ports['main']),
    dir: JSON.stringify(folder),
    requirepass: secrets['password'] ?? '',
    ...Object.fromEntries(Object.entries(chosen as JsonObject).map(([name, value]) => [name, fileText(String(value))])),
  }
  // A file, because every user of this machine can read the arguments of a process.
  const file = join(folder, 'redis.conf')
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`)
  await writeFile(file, lines.join(''), { mode: 0o600 })
  return { command: [server, file], stopSignal: 'SIGTERM' }
}

/** Words of a setting as redis.conf spells them: an empty one needs quotes. */
function fileText(value: string): string {
  return value === '' ? '""' : value
}
