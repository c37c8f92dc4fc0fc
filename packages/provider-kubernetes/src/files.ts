import { createHash } from 'node:crypto'
import { MoorageError, type FileTree } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import { createArchive, SINGLE_FILE_NAME } from './pod/files-archive.ts'
import { execInUnit } from './exec.ts'
import { FILES_CONTAINER } from './pod/container-status.ts'
import { quoteForShell as quote, type InitStep } from './pod/preparing-container.ts'
import type { ServicePod } from './pod/pod-ref.ts'

/** How the files of a service reach its pod before the main process starts. */
export interface FileDelivery {
  /** The Secrets to create before the pod; the values are base64. */
  readonly secrets: readonly SecretData[]
  readonly volumes: readonly object[]
  readonly mounts: readonly { readonly name: string; readonly mountPath: string; readonly [field: string]: unknown }[]
  /** Puts the files together; undefined where nothing has to be done. */
  readonly initStep?: InitStep
  /**
   * Sends files that Secrets cannot hold to the container that prepares the volumes, which waits for them. Throws
   * MoorageError (START_FAILED) when it rejects them.
   */
  send?(client: ApiClient, pod: ServicePod, signal: AbortSignal): Promise<void>
}

interface SecretData {
  readonly name: string
  readonly data: { readonly [key: string]: string }
}

// An object may have 1 MiB with its labels, and a Secret holds base64, which adds a third.
const MAX_SECRET_BYTES = 700_000
// Secrets are stored in etcd, which larger amounts would burden.
const MAX_ALL_SECRETS_BYTES = 2_000_000

// The manifest of the pod names each file. An object may have 1 MiB, and etcd burdens every reader of the pod with it.
const MAX_MANIFEST_BYTES = 64_000
// Of an item in the manifest, without the file's path.
const ITEM_BYTES = 50

// Each file becomes a mount where nothing can put files together.
const MAX_MOUNTED_FILES = 100

// Folders inside the container that prepares the volumes.
const MERGED = '/moorage/files'
const SOURCES = '/moorage/source'
const SIGNALS = '/moorage/signals'
// Below the top of a volume, which has entries of the kubelet as well.
const SECRET_FOLDER = 'files'

/**
 * Merges the files into the folders of the image, as Docker does: another container of the same image copies those
 * folders into a volume, and the files over them. It gets small files from Secrets, and large files, many files and
 * symbolic links as an upload. It needs `sh` and `cp`, and `tar` for an upload. `prefix` begins the names of Secrets.
 */
export function deliverFiles(given: readonly FileTree[], prefix: string): FileDelivery {
  if (!given.length) return { secrets: [], volumes: [], mounts: [] }
  const fileTrees = given.flatMap(splitRoot)
  const upload = needsUpload(fileTrees)
  const secretsByTree = upload ? [] : fileTrees.map((tree, i) => toSecrets(tree, `${prefix}-files-${i}`))
  const signals = { name: 'files-signals', mountPath: SIGNALS }
  return {
    secrets: secretsByTree.flat(),
    volumes: [
      { name: 'files', emptyDir: {} },
      ...(upload ? [{ name: signals.name, emptyDir: {} }] : []),
      ...secretsByTree.map((secrets, i) => ({ name: `files-${i}`, projected: projection(secrets) })),
    ],
    mounts: fileTrees.map(({ target, folder }, i) => ({
      name: 'files',
      mountPath: target,
      subPath: folder ? `${i}` : `${i}/${SINGLE_FILE_NAME}`,
    })),
    initStep: {
      script: mergeScript(fileTrees, upload),
      mounts: [
        { name: 'files', mountPath: MERGED },
        ...(upload ? [signals] : []),
        ...secretsByTree.map((_, i) => ({ name: `files-${i}`, mountPath: `${SOURCES}/${i}` })),
      ],
    },
    ...(upload ? { send: (client, pod, signal) => sendArchive(client, { pod, fileTrees }, signal) } : {}),
  }
}

/** Whether {@link mountFiles} can hold the files. */
export function canMountFiles(fileTrees: readonly FileTree[]): boolean {
  return !needsUpload(fileTrees) && fileTrees.flatMap(({ files }) => files).length <= MAX_MOUNTED_FILES
}

/**
 * For images without a shell: mounts each file from a Secret, so that the folders of the image stay visible. These
 * files are read-only.
 */
export function mountFiles(given: readonly FileTree[], prefix: string): FileDelivery {
  const fileTrees = given.flatMap(splitRoot)
  const secretsByTree = fileTrees.map((tree, i) => toSecrets(tree, `${prefix}-files-${i}`))
  return {
    secrets: secretsByTree.flat(),
    volumes: secretsByTree.map((secrets, i) => ({ name: `files-${i}`, projected: projection(secrets) })),
    mounts: fileTrees.flatMap(({ target, files }, i) =>
      files.map(({ path }) => ({
        name: `files-${i}`,
        mountPath: path ? `${target}/${path}` : target,
        subPath: `${SECRET_FOLDER}/${path || SINGLE_FILE_NAME}`,
        readOnly: true,
      })),
    ),
  }
}

/** No volume can be mounted at `/`: its folders and files become trees of their own. */
function splitRoot(tree: FileTree): readonly FileTree[] {
  if (!tree.folder || !/^\/+$/.test(tree.target)) return [tree]
  const byName = Map.groupBy(tree.files, ({ path }) => path.split('/')[0] ?? '')
  return [...byName].map(([name, files]) => {
    const folder = files[0]?.path !== name
    const inner = folder ? files.map((file) => ({ ...file, path: file.path.slice(name.length + 1) })) : files
    const entries = folder ? inner : files.map((file) => ({ ...file, path: '' }))
    return { target: `/${name}`, folder, files: entries, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
}

/** Copies what the image has, as far as its user may read it, and then the files. */
function mergeScript(fileTrees: readonly FileTree[], upload: boolean): readonly string[] {
  const lines = fileTrees.flatMap(({ target, folder }, i) => [
    `mkdir -p ${MERGED}/${i}`,
    ...(folder ? [`[ ! -d ${quote(target)} ] || cp -a ${quote(`${target}/.`)} ${MERGED}/${i}/ 2>/dev/null || :`] : []),
    ...(upload ? [] : [`cp -RLf ${SOURCES}/${i}/${SECRET_FOLDER}/. ${MERGED}/${i}/`]),
  ])
  const wait = [`: > ${SIGNALS}/ready`, `until [ -e ${SIGNALS}/done ]; do sleep 0.05; done`]
  return [...lines, ...(upload ? wait : [])]
}

function needsUpload(fileTrees: readonly FileTree[]): boolean {
  return (
    fileTrees.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_ALL_SECRETS_BYTES ||
    manifestBytes(fileTrees) > MAX_MANIFEST_BYTES ||
    fileTrees.some(({ files }) => files.some(({ bytes, link }) => bytes > MAX_SECRET_BYTES || link !== undefined))
  )
}

function manifestBytes(fileTrees: readonly FileTree[]): number {
  return fileTrees
    .flatMap(({ files }) => files)
    .reduce((sum, { path }) => sum + ITEM_BYTES + Buffer.byteLength(path), 0)
}

interface SecretContent extends SecretData {
  readonly data: { [key: string]: string }
  readonly items: object[]
  bytes: number
}

/** At least one Secret, so that an empty folder has a volume. */
function toSecrets({ files }: FileTree, prefix: string): readonly SecretContent[] {
  const create = (number: number): SecretContent => ({ name: `${prefix}-${number}`, data: {}, items: [], bytes: 0 })
  const secrets = [create(0)]
  for (const { path, mode, content } of files) {
    const bytes = content()
    let secret = secrets.find((candidate) => candidate.bytes + bytes.length <= MAX_SECRET_BYTES)
    if (!secret) secrets.push((secret = create(secrets.length)))
    const key = createHash('sha256').update(path).digest('hex').slice(0, 16)
    secret.data[key] = bytes.toString('base64')
    secret.items.push({ key, path: `${SECRET_FOLDER}/${path || SINGLE_FILE_NAME}`, mode })
    secret.bytes += bytes.length
  }
  return secrets
}

function projection(secrets: readonly SecretContent[]): object {
  return { sources: secrets.map(({ name, items }) => ({ secret: { name, items } })) }
}

async function sendArchive(
  client: ApiClient,
  { pod, fileTrees }: { readonly pod: ServicePod; readonly fileTrees: readonly FileTree[] },
  signal: AbortSignal,
): Promise<void> {
  const script = `until [ -e ${SIGNALS}/ready ]; do sleep 0.05; done; tar -xf - -C ${MERGED} && : > ${SIGNALS}/done`
  const options = { container: FILES_CONTAINER, command: ['sh', '-c', script], input: await createArchive(fileTrees) }
  const { code, stderr } = await execInUnit(client, pod, options, signal)
  if (code === 0) return
  throw new MoorageError(
    'START_FAILED',
    `services.${pod.service}: its files could not be copied into the pod: ${stderr.trim() || `exit code ${code}`}.`,
    {
      service: pod.service,
      provider: 'kubernetes',
      hint:
        'More than 2 MB of files, hundreds of files, or symbolic links need sh, cp and tar inside the image. ' +
        'Build the files into an image, or deliver fewer.',
    },
  )
}
