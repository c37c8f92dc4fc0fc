import { PassThrough } from 'node:stream'
import { MoorageError, type Report, type Run } from '@moorage/core/provider'
import type { Client } from '../engine/client.ts'
import type { Engine } from '../engine/engine-address.ts'
import type { RunNetwork } from '../engine/network.ts'
import { pull } from '../engine/pull.ts'
import { resolveEndpoint, type ContainerRoute } from '../endpoint.ts'
import { isConnectionLost, refusalMessage, toProviderError } from '../errors.ts'
import { OWNER_LABEL, runLabels, RYUK_LABEL } from '../labels.ts'
import { removeContainer } from '../stop.ts'
import { connectToRyuk } from './connection.ts'

/** A container that removes the run's objects when this process no longer holds its connection to it. */
export interface Ryuk {
  /** For the end of the run, when nothing is left for it to remove. */
  close(): Promise<void>
}

export interface RyukOptions {
  readonly run: Run
  readonly network: RunNetwork
  readonly report: Report
  readonly signal: AbortSignal
  /** Reports the pull of Ryuk's image. */
  onPullProgress(detail: string): void
}

// Source: testcontainers 12.2, reaper.ts.
const RYUK_IMAGE = 'testcontainers/ryuk:0.14.0'
const PORT = 8080
// From the start of the container; Ryuk acknowledges after about 0.3 s.
const ACKNOWLEDGE_TIMEOUT_MS = 20_000

/**
 * Starts a Ryuk for this run alone, because runs that share one lose it together. Resolves when Ryuk knows which
 * objects to remove. Throws `MoorageError` (START_FAILED, PROVIDER_LOST).
 */
export async function startRyuk(
  client: Client,
  { run, network, report, signal, onPullProgress }: RyukOptions,
): Promise<Ryuk> {
  const { dockerode, engine } = client
  const { host, call } = engine
  const image = client.imageName(process.env['RYUK_CONTAINER_IMAGE'] ?? RYUK_IMAGE)
  const socketPath = mountableSocket(engine)
  let createdId: string | undefined
  try {
    if (!(await client.hasImage(image))) await pull(client, image, { onProgress: onPullProgress, signal })
    const name = `moorage-ryuk-${run.id}`
    report.journal({ kind: 'container', name, host })
    const container = await dockerode.createContainer({
      name,
      Image: image,
      ...ryukSettings({ run, network, socketPath }),
    })
    const containerId = (createdId = container.id)
    report.journal({ kind: 'container', id: containerId, host })
    const ended = await watchEnd(client, containerId)
    await container.start()
    const onLost = (): void =>
      report.notice(
        'Ryuk no longer answers. If it has ended, nothing removes the services when this machine is gone. If it still runs, it removes them now.',
      )
    const route: ContainerRoute = { client, network, containerId }
    const connection = await connectToRyuk(
      { resolveAddress: () => resolveEndpoint(route, PORT), filter: runFilter(run), onLost },
      AbortSignal.any([signal, ended, AbortSignal.timeout(ACKNOWLEDGE_TIMEOUT_MS)]),
    )
    return { close: () => removeContainer(call, containerId).finally(() => connection.close()) }
  } catch (error) {
    if (createdId !== undefined) await removeContainer(call, createdId).catch(() => {})
    signal.throwIfAborted()
    throw isConnectionLost(error)
      ? toProviderError(error, host, { phase: 'start' })
      : toRyukError(error, { host, image })
  }
}

/** Path of the engine's socket on its own machine. Docker Desktop's engine runs in a virtual machine. */
function mountableSocket({ target }: Engine): string {
  const override = process.env['TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE']
  if (override) return override
  const path = target && 'socketPath' in target && process.platform === 'linux' ? target.socketPath : undefined
  return path === undefined || /\/\.docker\/(desktop|run)\//.test(path) ? '/var/run/docker.sock' : path
}

function ryukSettings({
  run,
  network,
  socketPath,
}: {
  readonly run: Run
  readonly network: RunNetwork
  readonly socketPath: string
}): object {
  const { TESTCONTAINERS_RYUK_PRIVILEGED: privileged, TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: reconnection } =
    process.env
  return {
    // The image sets this label to true. With it, any testcontainers on the engine would take this Ryuk for its own.
    Labels: { [OWNER_LABEL]: runLabels(run)[OWNER_LABEL], [RYUK_LABEL]: run.id, 'org.testcontainers.ryuk': 'false' },
    Env: reconnection ? [`RYUK_RECONNECTION_TIMEOUT=${reconnection}`] : [],
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    HostConfig: {
      AutoRemove: true,
      Privileged: privileged === 'true',
      PortBindings: { [`${PORT}/tcp`]: [{ HostIp: network.bindAddress, HostPort: '0' }] },
      // A bind by the older `Binds` option would create a folder where the socket is missing.
      Mounts: [{ Type: 'bind', Source: socketPath, Target: '/var/run/docker.sock' }],
    },
  }
}

/** Matches the objects that carry every label of the run, including its owner's. */
function runFilter(run: Run): string {
  return Object.entries(runLabels(run))
    .map(([label, value]) => `label=${encodeURIComponent(`${label}=${value}`)}`)
    .join('&')
}

/** Aborts with Ryuk's last line when Ryuk ends. Its log is removed with it, so this reads along from the start. */
async function watchEnd({ dockerode }: Client, containerId: string): Promise<AbortSignal> {
  const stream = await dockerode.getContainer(containerId).attach({ stream: true, stdout: true, stderr: true })
  const output = new PassThrough({ encoding: 'utf8' })
  let lastOutput = ''
  output.on('data', (text: string) => (lastOutput = text.trim() || lastOutput))
  dockerode.modem.demuxStream(stream, output, output)
  const ended = new AbortController()
  const onClose = (): void => {
    const lastLine = lastOutput.split('\n').at(-1)
    ended.abort(new RangeError(`it ended by itself: ${lastLine?.replace(/^time=\S+ /, '')}`))
  }
  stream.on('error', () => {}).once('close', onClose)
  return ended.signal
}

const HINTS: readonly (readonly [refusal: RegExp, hint: string])[] = [
  [
    /bind source path|mount/i,
    "Set TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE to the socket's path on the engine's machine.",
  ],
  [
    /ended by itself/,
    "If containers may not use their engine's socket (SELinux), set TESTCONTAINERS_RYUK_PRIVILEGED=true.",
  ],
  [/acknowledge/, 'This machine must be able to reach the ports that the engine publishes.'],
  [
    /not found|no such image|manifest unknown|does not exist|denied|unauthorized/i,
    'Set RYUK_CONTAINER_IMAGE to another image, or TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX to a mirror.',
  ],
]

function toRyukError(error: unknown, { host, image }: { readonly host: string; readonly image: string }): MoorageError {
  const refusal = refusalMessage(error)
  const [, hint] = HINTS.find(([pattern]) => pattern.test(refusal)) ?? []
  return new MoorageError(
    'START_FAILED',
    `docker({ ryuk }): ${image} does not run on the engine at ${host}: ${refusal}${/[.!?]$/.test(refusal) ? '' : '.'}`,
    {
      provider: 'docker',
      phase: 'start',
      hint: [hint, 'Without `ryuk`, the next run on this machine removes what this one leaves.']
        .filter(Boolean)
        .join('\n'),
      cause: error,
    },
  )
}
