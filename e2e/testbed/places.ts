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

/** Every process of the bed, containers included, lives in this control group or below it. */
export const controlGroup = 'moorage-testbed'
