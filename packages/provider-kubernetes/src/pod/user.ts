/** The numeric user and group of a container's main process. */
export interface PodUser {
  readonly uid: number
  readonly gid: number
}

/** A user of a container by numbers. `root` is 0 in every image; undefined for any other name. */
export function parseUser(user: string): PodUser | undefined {
  const [uid, gid = uid] = user.split(':').map(parseId)
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

/** A user or group id; undefined for a name other than `root`. */
export function parseId(text: string): number | undefined {
  if (text === 'root') return 0
  return /^\d+$/.test(text) ? Number(text) : undefined
}
