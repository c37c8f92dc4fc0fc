import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { EnvVariables } from '../config/env-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import { siblingModule } from '../provider-kit/module-path.ts'
import type { RunFolders } from '../protocol/paths.ts'
import { launchRecovery, launchSupervisor, type LaunchResult } from './launch.ts'

/** How a client reaches a supervisor. */
export interface Transport {
  /** Connects to the supervisor, or gives undefined where none listens. */
  dial(): Promise<Duplex | undefined>
  /** Starts a supervisor. Settles when it listens, when another one is running, or when it has failed. */
  launch(): Promise<LaunchResult>
  /** Starts the clean-up after a killed supervisor, which outlives this process. Settles with what it prints. */
  recover(): Promise<string>
}

export function createTransport(folders: RunFolders, env: EnvVariables): Transport {
  const inline = env['MOORAGE_SUPERVISOR'] === 'inline'
  return {
    dial: () => (inline ? dialInline(folders) : dialSocket(folders.paths.socket)),
    launch: () => launchSupervisor(folders, env),
    recover: () => launchRecovery(folders, env),
  }
}

/**
 * Connects to a supervisor in this process, for debugging and unit tests. It ends with the process and leaves its
 * services behind. The client loads it as it launches the other kind, by its file's name.
 */
async function dialInline(folders: RunFolders): Promise<Duplex> {
  const module = (await import(siblingModule(import.meta.url, '../supervisor/inline'))) as {
    connectInline(folders: RunFolders): Duplex
  }
  return module.connectInline(folders)
}

// connect(2) for a socket that is absent, or whose process has exited.
const NOT_LISTENING = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']

/** Gives undefined where no process listens. Throws MoorageError (SUPERVISOR_FAILED) where the socket cannot be opened. */
export function dialSocket(path: string): Promise<Duplex | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `The supervisor's socket ${path} cannot be opened.`
      if (NOT_LISTENING.includes(cause.code ?? '')) resolve(undefined)
      else reject(new MoorageError('SUPERVISOR_FAILED', message, { cause }))
    })
  })
}
