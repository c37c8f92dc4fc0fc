import { duplexPair, type Duplex } from 'node:stream'
import type { RunFolders } from '../protocol/paths.ts'
import { createContext } from './supervisor-context.ts'
import { Supervisor } from './supervisor.ts'

/**
 * Starts a supervisor in this process and gives the client's end of a connection to it. Throws MoorageError
 * (SUPERVISOR_FAILED) where its journal cannot be written.
 */
export function connectInline(folders: RunFolders): Duplex {
  const [client, server] = duplexPair()
  const context = createContext(folders, {
    stopListening: () => {},
    move: () => Promise.resolve(true),
    forgetRun: () => {},
    exit: () => {},
  })
  new Supervisor(context).connect(server)
  return client
}
