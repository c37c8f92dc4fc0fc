import { createHash } from 'node:crypto'
import { MoorageError, type FileTree } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import { createArchive, SINGLE_FILE_NAME } from './archive.ts'
import { execInUnit } from './exec.ts'
import { FILES_CONTAINER } from './pod/containers.ts'
import type { ServicePod } from './pod/pod-ref.ts'

/** How the files of a service reach its pod before the main process starts. */
export interface FileDelivery {
  /** The Secrets to create before the pod; the values are base64. */
  readonly secrets: readonly { readonly name: string; readonly data: { readonly [key: string]: string } }[]
  readonly volumes: readonly object[]
  readonly mounts: readonly object[]
  /** For files that Secrets cannot hold: an init container that waits for the upload. */
  readonly upload?: {
    readonly initContainer: object
    /** Sends the files. Throws MoorageError (START_FAILED) when the container rejects them. */
    send(client: ApiClient, pod: ServicePod, signal: AbortSignal): Promise<void>
  }
}

// An object may have 1 MiB with its labels, and a Secret holds base64, which adds a third.
const MAX_SECRET_BYTES = 700_000
// Secrets are stored in etcd, which larger amounts would burden.
const MAX_ALL_SECRETS_BYTES = 2_000_000

// The manifest of the pod names each file. An object may have 1 MiB, and etcd burdens every reader of the pod with it.
const MAX_MANIFEST_BYTES = 64_000
// Of an item in the manifest, without the file's path.
const ITEM_BYTES = 50

// File names inside volumes.
const UPLOAD_FOLDER = '/moorage'
const UPLOAD_COMPLETE = `${UPLOAD_FOLDER}/done/1`

/** Chooses Secrets for few small files, and an upload for large files, many files and symbolic links. `prefix` begins all names. */
export function deliverFiles(fileTrees: readonly FileTree[], prefix: string): FileDelivery {
  const totalBytes = fileTrees.reduce((sum, { bytes }) => sum + bytes, 0)
  const needsUpload =
    totalBytes > MAX_ALL_SECRETS_BYTES ||
    manifestBytes(fileTrees) > MAX_MANIFEST_BYTES ||
    fileTrees.some(({ files }) => files.some(({ bytes, link }) => bytes > MAX_SECRET_BYTES || link !== undefined))
  return needsUpload ? deliverByUpload(fileTrees) : deliverBySecrets(fileTrees, prefix)
}

function manifestBytes(fileTrees: readonly FileTree[]): number {
  return fileTrees
    .flatMap(({ files }) => files)
    .reduce((sum, { path }) => sum + ITEM_BYTES + Buffer.byteLength(path), 0)
}

interface SecretContent {
  readonly name: string
  readonly data: { [key: string]: string }
  readonly items: object[]
  bytes: number
}

/** Mounts the files as Secrets, which needs no program inside the image. */
function deliverBySecrets(fileTrees: readonly FileTree[], prefix: string): FileDelivery {
  const secretsByTree = fileTrees.map(({ files }, i) => {
    const secrets: SecretContent[] = []
    for (const { path, mode, content } of files) {
      const bytes = content()
      let secret = secrets.find((candidate) => candidate.bytes + bytes.length <= MAX_SECRET_BYTES)
      if (!secret)
        secrets.push((secret = { name: `${prefix}-files-${i}-${secrets.length}`, data: {}, items: [], bytes: 0 }))
      const key = createHash('sha256').update(path).digest('hex').slice(0, 16)
      secret.data[key] = bytes.toString('base64')
      secret.items.push({ key, path: path || SINGLE_FILE_NAME, mode })
      secret.bytes += bytes.length
    }
    return secrets
  })
  return {
    secrets: secretsByTree.flat().map(({ name, data }) => ({ name, data })),
    volumes: secretsByTree.map((secrets, i) => ({
      name: `files-${i}`,
      projected: { sources: secrets.map(({ name, items }) => ({ secret: { name, items } })) },
    })),
    mounts: mountsOf(fileTrees),
  }
}

/** An init container of the same image receives a tar archive on its standard input. It needs `sh` and `tar`. */
function deliverByUpload(fileTrees: readonly FileTree[]): FileDelivery {
  const volumes = fileTrees.map((_, i) => ({ name: `files-${i}`, emptyDir: {} }))
  return {
    secrets: [],
    volumes: [...volumes, { name: 'files-done', emptyDir: {} }],
    mounts: mountsOf(fileTrees),
    upload: {
      initContainer: {
        name: FILES_CONTAINER,
        command: ['sh', '-c', `until [ -e ${UPLOAD_COMPLETE} ]; do sleep 0.05; done`],
        args: [],
        volumeMounts: [
          ...fileTrees.map((_, i) => ({ name: `files-${i}`, mountPath: `${UPLOAD_FOLDER}/${i}` })),
          { name: 'files-done', mountPath: `${UPLOAD_FOLDER}/done` },
        ],
      },
      send: (client, pod, signal) => sendArchive(client, { pod, fileTrees }, signal),
    },
  }
}

async function sendArchive(
  client: ApiClient,
  { pod, fileTrees }: { readonly pod: ServicePod; readonly fileTrees: readonly FileTree[] },
  signal: AbortSignal,
): Promise<void> {
  const command = ['sh', '-c', `tar -xf - -C ${UPLOAD_FOLDER} && : > ${UPLOAD_COMPLETE}`]
  const input = await createArchive(fileTrees)
  const { code, stderr } = await execInUnit(client, pod, { container: FILES_CONTAINER, command, input }, signal)
  if (code === 0) return
  throw new MoorageError(
    'START_FAILED',
    `services.${pod.service}: its files could not be copied into the pod: ${stderr.trim() || `exit code ${code}`}.`,
    {
      service: pod.service,
      provider: 'kubernetes',
      hint: 'More than 2 MB of files, hundreds of files, or symbolic links need sh and tar inside the image. Build the files into an image, or mount fewer.',
    },
  )
}

function mountsOf(fileTrees: readonly FileTree[]): readonly object[] {
  return fileTrees.map(({ target, folder }, i) => ({
    name: `files-${i}`,
    mountPath: target,
    readOnly: true,
    ...(folder ? {} : { subPath: SINGLE_FILE_NAME }),
  }))
}
