import { tmpfsMounts, type ContainerUnit } from '@moorage/core/provider'
import { quoteForShell, type InitStep } from './preparing-container.ts'

/** A folder of the container that is a volume of its pod. */
export interface PodFolder {
  /** Absolute path in the container. */
  readonly path: string
  /** Name of the volume. */
  readonly volume: string
  readonly emptyDir: object
  readonly readOnly?: boolean
  /** What another container does before the main container starts; undefined where nothing has to be done. */
  readonly preparation?: FolderPreparation
}

/** `copy`: the content that the image has at the path. `mode`: permission bits of the folder. */
export type FolderPreparation = { readonly copy: true } | { readonly mode: number }

const SHM_PATH = '/dev/shm'
// The top of a volume belongs to root. A folder below it belongs to the user who creates it.
const CONTENT_FOLDER = 'content'
const PREPARED = '/moorage/folders'
// A folder of these modes needs no preparation: every user may write to the top of a volume.
const OPEN_MODES: readonly number[] = [0o777, 0o1777]

/** The folders in memory, /dev/shm and the named volumes of a container. */
export function podFolders(unit: ContainerUnit): readonly PodFolder[] {
  const inMemory = tmpfsMounts(unit).map(({ path, sizeBytes, mode }, i): PodFolder => {
    const size = path === SHM_PATH ? (unit.shmSizeBytes ?? sizeBytes) : sizeBytes
    return {
      path,
      volume: `tmpfs-${i}`,
      emptyDir: memory(size),
      ...(mode === undefined || OPEN_MODES.includes(mode) ? {} : { preparation: { mode } }),
    }
  })
  const shm: PodFolder = { path: SHM_PATH, volume: 'shm', emptyDir: memory(unit.shmSizeBytes) }
  const hasShm = unit.shmSizeBytes === undefined || inMemory.some(({ path }) => path === SHM_PATH)
  const names = [...new Set(Object.values(unit.volumes ?? {}).map(({ volume }) => volume))]
  const named = Object.entries(unit.volumes ?? {}).map(([path, { volume, readOnly }]): PodFolder => ({
    path: path.replace(/(.)\/+$/, '$1'),
    volume: `volume-${names.indexOf(volume)}`,
    emptyDir: {},
    ...(readOnly ? { readOnly } : {}),
    preparation: { copy: true },
  }))
  return [...inMemory, ...(hasShm ? [] : [shm]), ...named]
}

function memory(sizeBytes: number | undefined): object {
  return { medium: 'Memory', ...(sizeBytes === undefined ? {} : { sizeLimit: String(sizeBytes) }) }
}

/** The volumes of the folders, each once. */
export function folderVolumes(folders: readonly PodFolder[]): readonly object[] {
  const byName = new Map(folders.map(({ volume, emptyDir }) => [volume, { name: volume, emptyDir }]))
  return [...byName.values()]
}

/** The mounts of the folders. `prepared` says whether a container prepares them. */
export function folderMounts(
  folders: readonly PodFolder[],
  prepared: boolean,
): readonly { readonly name: string; readonly mountPath: string; readonly [field: string]: unknown }[] {
  return folders.map(({ path, volume, readOnly, preparation }) => ({
    name: volume,
    mountPath: path,
    ...(preparation && prepared ? { subPath: CONTENT_FOLDER } : {}),
    ...(readOnly ? { readOnly } : {}),
  }))
}

export interface FolderStep extends InitStep {
  /** The setting that it is for. */
  readonly setting: 'volumes' | 'tmpfs'
}

/** Creates the folders that need it; undefined where none does. A named volume starts with the image's content. */
export function prepareFolders(folders: readonly PodFolder[]): FolderStep | undefined {
  const prepared = folders.filter(({ preparation }) => preparation)
  if (!prepared.length) return undefined
  return {
    setting: prepared.some(({ preparation }) => preparation && 'copy' in preparation) ? 'volumes' : 'tmpfs',
    script: prepared.flatMap((folder) => folderScript(folder)),
    mounts: [...new Set(prepared.map(({ volume }) => volume))].map((volume) => ({
      name: volume,
      mountPath: `${PREPARED}/${volume}`,
    })),
  }
}

function folderScript({ path, volume, preparation }: PodFolder): readonly string[] {
  const folder = `${PREPARED}/${volume}/${CONTENT_FOLDER}`
  if (preparation && 'mode' in preparation)
    return [`mkdir -p ${folder}`, `chmod ${preparation.mode.toString(8)} ${folder}`]
  const source = quoteForShell(path)
  return [`mkdir -p ${folder}`, `[ ! -d ${source} ] || cp -a ${quoteForShell(`${path}/.`)} ${folder}/ 2>/dev/null || :`]
}
