import { PassThrough } from 'node:stream'
import { MoorageError, type Report, type Run } from '@moorage/core'
import { addressOf } from '../endpoint.ts'
import { isAway, lostOr, saidBy } from '../errors.ts'
import type { Client } from '../engine/client.ts'
import { labelsOf, OWNER, RYUK } from '../labels.ts'
import type { RunNetwork } from '../engine/network.ts'
import { pull } from '../engine/pull.ts'
import { connectToRyuk } from './connection.ts'
import { removeContainer } from '../stop.ts'

/** A container that removes the run's objects when the connection that this process keeps to it is gone. */
export interface Ryuk {
  /** For the end of the run, when there is nothing left that it could remove. */
  close(): Promise<void>
}

export interface RyukOpening {
  readonly run: Run
  readonly network: RunNetwork
  readonly report: Report
  readonly signal: AbortSignal
  /** How far the pull of its image is. */
  told(detail: string): void
}

const PORT = 8080
// Milliseconds between the start of its container and its acknowledgement, which takes a third of a second.
const PATIENCE = 20_000

/** One of the run's own, since whoever shares one loses it with the other. Gives it when it knows what it is for. */
export async function openRyuk(client: Client, { run, network, report, signal, told }: RyukOpening): Promise<Ryuk> {
  const { image, socket } = client.ryuk()
  let id: string | undefined
  try {
    if (!(await client.isThere(image))) await pull(client, image, { told, signal })
    const name = `moorage-ryuk-${run.id}`
    report.journal({ kind: 'container', name, host: client.host })
    const container = await client.engine.createContainer({ name, Image: image, ...settings({ run, network, socket }) })
    id = container.id
    report.journal({ kind: 'container', id, host: client.host })
    const own = container.id
    const ended = await endOf(client, own)
    await container.start()
    const lost = (): void =>
      report.notice(
        'Ryuk does not answer any more: if it has ended, nothing removes the services when this machine is gone; if not, it removes them now.',
      )
    const address = addressOf(client, network, own)
    const registration = { address: () => address.published(PORT), filter: filterOf(run), lost }
    const connection = await connectToRyuk(
      registration,
      AbortSignal.any([signal, ended, AbortSignal.timeout(PATIENCE)]),
    )
    return { close: () => removeContainer(client.ask, own).finally(() => connection.close()) }
  } catch (error) {
    if (id !== undefined) await removeContainer(client.ask, id).catch(() => {})
    signal.throwIfAborted()
    throw isAway(error as object)
      ? lostOr(error, client.host, { phase: 'start' })
      : refused(error, { host: client.host, image })
  }
}

function settings({
  run,
  network,
  socket,
}: {
  readonly run: Run
  readonly network: RunNetwork
  readonly socket: string
}): object {
  const { TESTCONTAINERS_RYUK_PRIVILEGED: privileged, TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: reconnection } =
    process.env
  return {
    // Its image says true: anybody's testcontainers on the engine would take it for theirs.
    Labels: { [OWNER]: labelsOf(run)[OWNER], [RYUK]: run.id, 'org.testcontainers.ryuk': 'false' },
    Env: reconnection ? [`RYUK_RECONNECTION_TIMEOUT=${reconnection}`] : [],
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    HostConfig: {
      AutoRemove: true,
      Privileged: privileged === 'true',
      PortBindings: { [`${PORT}/tcp`]: [{ HostIp: network.bind, HostPort: '0' }] },
      // Where there is no socket, a bind by the older option makes a folder.
      Mounts: [{ Type: 'bind', Source: socket, Target: '/var/run/docker.sock' }],
    },
  }
}

/** Everything that has all labels of the run, its owner's among them. */
function filterOf(run: Run): string {
  return Object.entries(labelsOf(run))
    .map(([label, value]) => `label=${encodeURIComponent(`${label}=${value}`)}`)
    .join('&')
}

/** Aborts with its last words. It takes its log along when it goes. */
async function endOf({ engine }: Client, id: string): Promise<AbortSignal> {
  const stream = await engine.getContainer(id).attach({ stream: true, stdout: true, stderr: true })
  const words = new PassThrough({ encoding: 'utf8' })
  let last = ''
  words.on('data', (text: string) => (last = text.trim() || last))
  engine.modem.demuxStream(stream, words, words)
  const ended = new AbortController()
  stream
    .on('error', () => {})
    .once('close', () =>
      ended.abort(
        new RangeError(
          `it ended by itself: ${last
            .split('\n')
            .at(-1)
            ?.replace(/^time=\S+ /, '')}`,
        ),
      ),
    )
  return ended.signal
}

const HINTS: readonly (readonly [said: RegExp, hint: string])[] = [
  [
    /bind source path|mount/i,
    'TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE says where the socket is on the machine of the engine.',
  ],
  [
    /ended by itself/,
    'Where containers may not use the socket of their engine (SELinux), TESTCONTAINERS_RYUK_PRIVILEGED=true lets it.',
  ],
  [/acknowledge/, 'This machine has to reach the ports that the engine publishes.'],
  [
    /not found|no such image|manifest unknown|does not exist|denied|unauthorized/i,
    'RYUK_CONTAINER_IMAGE names another image, TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX a mirror.',
  ],
]

function refused(error: unknown, { host, image }: { readonly host: string; readonly image: string }): MoorageError {
  const said = saidBy(error)
  const [, hint] = HINTS.find(([pattern]) => pattern.test(said)) ?? []
  return new MoorageError(
    'START_FAILED',
    `docker({ ryuk }): ${image} does not run on the engine at ${host}: ${said}${/[.!?]$/.test(said) ? '' : '.'}`,
    {
      provider: 'docker',
      phase: 'start',
      hint: [hint, 'Without `ryuk` the next run on this machine removes what this one leaves.']
        .filter(Boolean)
        .join('\n'),
      cause: error,
    },
  )
}
