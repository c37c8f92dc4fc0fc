import { posix } from 'node:path'
import { tmpfsMounts, type ContainerUnit, type FileTree, type TmpfsMount } from '@moorage/core/provider'

/** How the folders of a container that are not part of its image are made. */
export interface FolderPlan {
  /** `HostConfig.Tmpfs`: mount options by path. */
  readonly mounts: { readonly [path: string]: string }
  /** Anonymous volumes, which are removed with the container. */
  readonly volumes: readonly VolumeFolder[]
  /** Folders to create before the start, with their owner and mode. */
  readonly created: readonly CreatedFolder[]
}

export interface VolumeFolder {
  readonly path: string
  /** Begins with the content of the image's folder. Otherwise it begins empty. */
  readonly copiesImage: boolean
}

export interface CreatedFolder {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** What decides, besides the service itself. */
export interface FolderConditions {
  readonly fileTrees: readonly FileTree[]
  /** Podman refuses `uid` and `gid` as options of a tmpfs mount. */
  readonly isPodman: boolean
}

// Everybody may write, as in a new tmpfs.
const DEFAULT_MODE = 0o1777

/**
 * A tmpfs mount exists only while its container runs, and files are delivered before that. A folder with delivered
 * files is therefore a volume, and so is one that the mount options cannot give to the container's user. With a
 * read-only root, volumes also receive the other files.
 */
export function planFolders(unit: ContainerUnit, { fileTrees, isPodman }: FolderConditions): FolderPlan {
  const [uid, gid = uid] = unit.user?.split(':') ?? []
  const isNumeric = /^\d*$/.test(`${uid ?? ''}${gid ?? ''}`)
  const owner = { uid: isNumeric ? Number(uid ?? 0) : 0, gid: isNumeric ? Number(gid ?? 0) : 0 }
  const isVolume = ({ path }: TmpfsMount): boolean =>
    !isNumeric || (isPodman && uid !== undefined) || fileTrees.some(({ target }) => isWithin(target, path))
  const all = tmpfsMounts(unit)
  const volumes = all.filter(isVolume).map(({ path }) => ({ path, copiesImage: false }))
  const mounts = all.filter((mount) => !isVolume(mount))
  return {
    mounts: Object.fromEntries(mounts.map((mount) => [mount.path, mountOptions(mount, { uid, gid })])),
    volumes: [...volumes, ...(unit.readOnlyRoot ? fileVolumes(unit, { fileTrees, paths: volumes }) : [])],
    created: all
      // runc replaces the requested mode with the mode of the image's folder, which gets the requested one.
      .filter((mount) => isVolume(mount) || (mount.mode !== undefined && !unit.readOnlyRoot))
      .map(({ path, mode = DEFAULT_MODE }) => ({ path, mode, ...owner })),
  }
}

/** Whether a path is a folder or stands below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || `${path}/`.startsWith(`${folder}/`)
}

/** The engine delivers no files into a read-only root, but it delivers them into its volumes. */
function fileVolumes(
  { volumes = {} }: ContainerUnit,
  {
    fileTrees,
    paths,
  }: { readonly fileTrees: readonly FileTree[]; readonly paths: readonly { readonly path: string }[] },
): readonly VolumeFolder[] {
  const known = [...paths.map(({ path }) => path), ...Object.keys(volumes)]
  const folders = fileTrees.map(({ target, folder }) => (folder ? target : posix.dirname(target)))
  const needed = [...new Set(folders)].filter((path) => !known.some((each) => isWithin(path, each)))
  const outermost = needed.filter((path) => !needed.some((other) => other !== path && isWithin(path, other)))
  return outermost.map((path) => ({ path, copiesImage: true }))
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
