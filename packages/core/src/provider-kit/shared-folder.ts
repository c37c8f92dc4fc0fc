import { constants, statSync } from 'node:fs'

// Source: inode(7). Node has no name for the sticky bit.
const S_ISVTX = 0o1000

/** Whether every user of this machine may add files to a folder, and none may replace those of another: /tmp. */
export function isSharedFolder(path: string): boolean {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  return Boolean(mode & constants.S_IWOTH && mode & S_ISVTX)
}
