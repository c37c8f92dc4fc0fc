import type { CheckResult } from '../contract/doctor-check.ts'

/** Free blocks of a file system, as `statfs` gives them. */
export interface FileSystemSpace {
  readonly bsize: number
  readonly blocks: number
  readonly bavail: number
}

export interface SpaceUse {
  readonly folder: string
  /** What is kept there, as a noun. */
  readonly use: string
  /** What to do where space is short, as a sentence. */
  readonly fix: string
}

const MIN_FREE_BYTES = 50 * 2 ** 20
const LOW_FREE_BYTES = 2 ** 30

/** Whether a folder has space, as a result of `moorage doctor`. */
export function freeSpaceResult(
  { bsize, blocks, bavail }: FileSystemSpace,
  { folder, use, fix }: SpaceUse,
): CheckResult {
  const free = bsize * bavail
  const text = `${formatBytes(free)} of ${formatBytes(bsize * blocks)} free in ${folder} (${use})`
  if (free < MIN_FREE_BYTES) return { status: 'problem', text, fix }
  return free < LOW_FREE_BYTES ? { status: 'warning', text, fix } : { status: 'ok', text }
}

/** `350 MiB`, `12.5 GiB`. */
export function formatBytes(bytes: number): string {
  return bytes < LOW_FREE_BYTES ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`
}
