import { connect } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import type { EnvVariables } from '../config/env-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import type { RunFolders } from '../supervisor/supervisor-context.ts'
import { launchSupervisor, launchRecovery, type LaunchResult } from './launch.ts'

/** How a client gets to the supervisor of a place. */
export interface Transport {
  /** A connection to it, or undefined where nobody listens. */
  dial(): Promise<Duplex | undefined>
  /** Starts one. Settles when it listens, when another one holds the place, or when it died. */
  launch(): Promise<LaunchResult>
  /** Starts the clean-up after a killed one; goes on when this process ends. Settles with what it says. */
  recover(): Promise<string>
}

export function createTransport(folders: RunFolders, env: EnvVariables): Transport {
  const dial =
    env['MOORAGE_SUPERVISOR'] === 'inline' ? () => dialInline(folders) : () => dialSocket(folders.place.socket)
  return { dial, launch: () => launchSupervisor(folders, env), recover: () => launchRecovery(folders, env) }
}

/** The same protocol, in this process: for debugging and unit tests. Dies with it, and cleans nothing then. */
async function dialInline(folders: RunFolders): Promise<Duplex> {
  const [{ createContext }, { Supervisor }] = await Promise.all([
    import('../supervisor/supervisor-context.ts'),
    import('../supervisor/supervisor.ts'),
  ])
  const [ours, theirs] = duplexPair()
  const supervisor = new Supervisor(
    createContext(folders, { shut: () => {}, move: () => Promise.resolve(true), forget: () => {}, done: () => {} }),
  )
  supervisor.connect(theirs)
  return ours
}

/** A connection to whoever listens there, or undefined where nobody does. */
export function dialSocket(path: string): Promise<Duplex | undefined> {
  return new Promise((done, fail) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      done(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const nobody = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '')
      if (nobody) done(undefined)
      else
        fail(
          new MoorageError('SUPERVISOR_FAILED', `The supervisor's socket ${path} cannot be opened.`, { cause: error }),
        )
    })
  })
}
