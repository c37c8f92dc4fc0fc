import { constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A user that administrators can create for moorage alone. */
const OWN_USER = 'moorage'

/** The uid of `nobody`. */
const NOBODY_UID = 65_534

/**
 * The uid for a program that must not run as root: that of the user `moorage` if there is one, otherwise that of
 * `nobody`. An unused uid without a user is not possible, because PostgreSQL looks up its name. Undefined unless this
 * process is root.
 */
export function unprivilegedUid(): number | undefined {
  if (process.getuid?.() !== 0) return undefined
  return ownUid() ?? NOBODY_UID
}

/** Source: passwd(5): name, password, uid, separated by colons. */
function ownUid(): number | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${OWN_USER}:`))
    const uid = Number(line?.split(':')[2])
    return uid > 0 ? uid : undefined
  } catch {
    return undefined
  }
}

/** Whether other users can reach a path. Another user cannot enter a cache in root's home folder. */
export function reachableByOthers(path: string): boolean {
  for (let part = path; part !== dirname(part); part = dirname(part))
    if (!(statSync(part).mode & constants.S_IXOTH)) return false
  return true
}
