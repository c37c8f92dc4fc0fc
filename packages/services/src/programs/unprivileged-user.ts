import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { constants, readFileSync, statSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** A user that administrators can create for moorage alone. */
const OWN_USER = 'moorage'

/** The uid of `nobody`. */
const NOBODY_UID = 65_534

// Above the ranges that systemd and container engines assign, and a valid uid everywhere.
const FIRST_PRIVATE_UID = 2_000_000_000
const PRIVATE_UIDS = 100_000_000

const run = promisify(execFile)

/** A user for a program that must not run as root. */
export interface UnprivilegedUser {
  readonly uid: number
  /**
   * Path of a file for /etc/passwd, with an entry for an unused uid. Programs that look up their own name, such as
   * initdb, must see it there.
   */
  readonly passwd?: string
}

/**
 * The user for a program that must not run as root: the user `moorage` if there is one, otherwise an unused uid that no
 * other program shares. Where root may not create a mount namespace, as in most containers, it is `nobody`. Undefined
 * unless this process is root. `folder` belongs to root and gets the file.
 */
export async function unprivilegedUser(folder: string): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const own = ownUid()
  return own === undefined ? ((await privateUser(folder)) ?? { uid: NOBODY_UID }) : { uid: own }
}

async function privateUser(folder: string): Promise<UnprivilegedUser | undefined> {
  const user = { uid: FIRST_PRIVATE_UID + randomInt(PRIVATE_UIDS), passwd: join(folder, 'passwd') }
  try {
    const entries = readFileSync('/etc/passwd', 'utf8').replace(/\n*$/, '\n')
    const entry = `${OWN_USER}:x:${user.uid}:${user.uid}::/nonexistent:/bin/false\n`
    await writeFile(user.passwd, entries + entry, { mode: 0o644 })
    // The umask limits the mode of a new file.
    await chmod(user.passwd, 0o644)
    const [program = '', ...args] = asNamedUser(user, ['id', '-un'])
    const { stdout } = await run(program, args)
    return stdout.trim() === OWN_USER ? user : undefined
  } catch {
    return undefined
  }
}

/** The command that root runs, so that the given command runs as the user and finds its name in /etc/passwd. */
export function asNamedUser(
  { uid, passwd = '' }: UnprivilegedUser,
  command: readonly string[],
): readonly [program: string, ...args: string[]] {
  const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"'
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  return ['unshare', '--mount', 'sh', '-c', script, 'moorage', passwd, ...user, ...command]
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
