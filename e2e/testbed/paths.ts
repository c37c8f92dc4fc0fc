import { readlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const { MOORAGE_CACHE_DIR, XDG_CACHE_HOME } = process.env

/** What is costly to make and outlives the bed: programs, the registry's blobs, the engine's images. */
export const cache: string = join(
  MOORAGE_CACHE_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'moorage'),
  'testbed',
)

/** What dies with `down`: sockets, process ids, logs, run-time state. */
export const runtime = '/run/moorage-testbed'

export const logs: string = join(runtime, 'log')

/** The folder of this file: Dockerfiles and entry points of the stand-in images. */
export const sources: string = import.meta.dirname

/**
 * Every process of the bed, containers included, lives in this control group or below it. Control groups are often
 * shared where processes are not (a second bed in namespaces, a privileged CI container): those get another name.
 */
export const controlGroup: string = groupName()

function groupName(): string {
  // The number of a machine's first process namespace is fixed: PROC_PID_INIT_INO in Linux' include/linux/proc_ns.h.
  const [, namespace] = /\[(\d+)\]/.exec(process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '') ?? []
  return namespace === '4026531836' ? 'moorage-testbed' : `moorage-testbed-${namespace}`
}
