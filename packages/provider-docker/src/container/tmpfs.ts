import { tmpfsMounts, type ContainerUnit, type FileTree, type TmpfsMount } from '@moorage/core/provider'

/** How the folders of `tmpfs` are made. */
export interface TmpfsPlan {
  /** `HostConfig.Tmpfs`: mount options by path. */
  readonly mounts: { readonly [path: string]: string }
  /** Folders that are anonymous volumes instead, empty and removed with the container. */
  readonly volumes: readonly VolumeFolder[]
}

export interface VolumeFolder {
  readonly path: string
  readonly mode: number
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
const DEFAULT_MODE = 0o1777

/**
 * A tmpfs mount exists only while its container runs, and files are delivered before that. A folder with delivered files
 * is therefore a volume, and so is one that Podman cannot give to the container's user.
 */
export function planTmpfs(container: ContainerUnit, { fileTrees, isPodman }: TmpfsConditions): TmpfsPlan {
  const [uid, gid = uid] = container.user?.split(':') ?? []
  const isVolume = ({ path }: TmpfsMount): boolean =>
    (isPodman && uid !== undefined) || fileTrees.some(({ target }) => `${target}/`.startsWith(`${path}/`))
  const mounts = tmpfsMounts(container)
  const asMount = mounts.filter((mount) => !isVolume(mount))
  return {
    mounts: Object.fromEntries(asMount.map((mount) => [mount.path, mountOptions(mount, { uid, gid })])),
    volumes: mounts
      .filter(isVolume)
      .map(({ path, mode = DEFAULT_MODE }) => ({ path, mode, uid: Number(uid ?? 0), gid: Number(gid ?? 0) })),
  }
}

// The user owns the mount: runc replaces the requested mode with the mode of the image's folder.
function mountOptions(
  { sizeBytes, mode = DEFAULT_MODE }: TmpfsMount,
  { uid, gid }: { readonly uid: string | undefined; readonly gid: string | undefined },
): string {
  return [
    `rw,exec,mode=${mode.toString(8)}`,
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(uid === undefined ? [] : [`uid=${uid}`, `gid=${gid}`]),
  ].join(',')
}
