import type { ContainerUnit, FileTree } from '@moorage/core/provider'

/** How the folders of `tmpfs` are made. */
export interface TmpfsPlan {
  /** `HostConfig.Tmpfs`: mount options by path. */
  readonly mounts: { readonly [path: string]: string }
  /** Folders that are anonymous volumes instead, empty and removed with the container. */
  readonly volumes: readonly VolumeFolder[]
}

export interface VolumeFolder {
  readonly path: string
  readonly uid: number
  readonly gid: number
}

/** What decides, besides the service itself. */
export interface TmpfsConditions {
  readonly fileTrees: readonly FileTree[]
  /** Podman refuses `uid` and `gid` as options of a tmpfs mount. */
  readonly isPodman: boolean
}

// Everybody may write, as in a new tmpfs.
export const FOLDER_MODE = 0o1777

/**
 * A tmpfs mount exists only while its container runs, and files are delivered before that. A folder with delivered files
 * is therefore a volume, and so is one that Podman cannot give to the container's user.
 */
export function planTmpfs({ tmpfs = [], user }: ContainerUnit, { fileTrees, isPodman }: TmpfsConditions): TmpfsPlan {
  const [uid, gid = uid] = user?.split(':') ?? []
  const isVolume = (path: string): boolean =>
    (isPodman && uid !== undefined) || fileTrees.some(({ target }) => `${target}/`.startsWith(`${path}/`))
  // The user owns the mount: runc replaces the requested mode with the mode of the image's folder.
  const options = `rw,exec,mode=${FOLDER_MODE.toString(8)}${uid === undefined ? '' : `,uid=${uid},gid=${gid}`}`
  const paths = tmpfs.map((path) => path.replace(/(.)\/+$/, '$1'))
  return {
    mounts: Object.fromEntries(paths.filter((path) => !isVolume(path)).map((path) => [path, options])),
    volumes: paths.filter(isVolume).map((path) => ({ path, uid: Number(uid ?? 0), gid: Number(gid ?? 0) })),
  }
}
