import { createHash } from 'node:crypto'
import { MoorageError, type FileTree } from '@moorage/core/provider'
import type { Client } from './api/client.ts'
import type { Subject } from './pod/diagnosis.ts'
import { execIn } from './exec.ts'

/** How files get into a pod before its main process starts. */
export interface Delivery {
  /** Made before the pod: name and data of each. */
  readonly objects: readonly { readonly name: string; readonly data: { readonly [key: string]: string } }[]
  readonly volumes: readonly object[]
  readonly mounts: readonly object[]
  /** What comes by another way holds the main process up until it is there. */
  readonly gate?: {
    readonly container: object
    send(client: Client, subject: Subject, signal: AbortSignal): Promise<void>
  }
}

// Bytes. An object of the API may have 1 MiB, in base64 and with its labels; above the sum the way by the API's store would be rude.
const PER_OBJECT = 700_000
const IN_STORE = 2_000_000

export function planDelivery(parcels: readonly FileTree[], prefix: string): Delivery {
  const big =
    parcels.reduce((sum, { bytes }) => sum + bytes, 0) > IN_STORE ||
    parcels.some(({ files }) => files.some(({ bytes, link }) => bytes > PER_OBJECT || link !== undefined))
  return big ? streamed(parcels) : stored(parcels, prefix)
}

interface Bin {
  readonly name: string
  readonly data: { [key: string]: string }
  readonly items: object[]
  bytes: number
}

/** Secrets, mounted: no program is needed inside the image. */
function stored(parcels: readonly FileTree[], prefix: string): Delivery {
  const packed = parcels.map(({ files }, i) => {
    const bins: Bin[] = []
    for (const { path, mode, content } of files) {
      const bytes = content()
      let bin = bins.find((known) => known.bytes + bytes.length <= PER_OBJECT)
      if (!bin) bins.push((bin = { name: `${prefix}-files-${i}-${bins.length}`, data: {}, items: [], bytes: 0 }))
      const key = createHash('sha256').update(path).digest('hex').slice(0, 16)
      bin.data[key] = bytes.toString('base64')
      bin.items.push({ key, path: path || ALONE, mode })
      bin.bytes += bytes.length
    }
    return bins
  })
  return {
    objects: packed.flat().map(({ name, data }) => ({ name, data })),
    volumes: packed.map((bins, i) => ({
      name: `files-${i}`,
      projected: { sources: bins.map(({ name, items }) => ({ secret: { name, items } })) },
    })),
    mounts: mountsOf(parcels),
  }
}

const ALONE = 'file'
const STAGE = '/moorage'

/** An init container of the same image waits, takes a tar on its standard input, and ends. It needs sh and tar. */
function streamed(parcels: readonly FileTree[]): Delivery {
  const volumes = parcels.map((_, i) => ({ name: `files-${i}`, emptyDir: {} }))
  const wait = `until [ -e ${STAGE}/done/1 ]; do sleep 0.05; done`
  return {
    objects: [],
    volumes: [...volumes, { name: 'files-done', emptyDir: {} }],
    mounts: mountsOf(parcels),
    gate: {
      container: {
        name: 'files',
        command: ['sh', '-c', wait],
        args: [],
        volumeMounts: [
          ...parcels.map((_, i) => ({ name: `files-${i}`, mountPath: `${STAGE}/${i}` })),
          { name: 'files-done', mountPath: `${STAGE}/done` },
        ],
      },
      send: async (client, subject, signal) => {
        const command = ['sh', '-c', `tar -xf - -C ${STAGE} && : > ${STAGE}/done/1`]
        const { code, stderr } = await execIn(
          client,
          subject,
          { container: 'files', command, input: await tarOf(parcels) },
          signal,
        )
        if (code === 0) return
        throw new MoorageError(
          'START_FAILED',
          `services.${subject.service}: its files did not get into the pod: ${stderr.trim() || `exit code ${code}`}.`,
          {
            service: subject.service,
            provider: 'kubernetes',
            hint: 'Files of more than 2 MB, and links, need sh and tar inside the image; build them into an image of your own, or use fewer.',
          },
        )
      },
    },
  }
}

function mountsOf(parcels: readonly FileTree[]): readonly object[] {
  return parcels.map(({ target, folder }, i) => ({
    name: `files-${i}`,
    mountPath: target,
    readOnly: true,
    ...(folder ? {} : { subPath: ALONE }),
  }))
}

async function tarOf(parcels: readonly FileTree[]): Promise<Iterable<Buffer>> {
  const { pack } = await import('./vendor/tar.ts')
  const archive = pack()
  const parts: Buffer[] = []
  archive.on('data', (part) => parts.push(part as Buffer))
  const ended = new Promise<void>((done) => archive.once('end', () => done()))
  for (const [i, { files }] of parcels.entries()) {
    for (const { path, mode, link, content } of files) {
      const name = `${i}/${path || ALONE}`
      if (link === undefined) archive.entry({ name, mode }, content())
      else archive.entry({ name, mode, type: 'symlink', linkname: link })
    }
  }
  archive.finalize()
  await ended
  return parts
}
