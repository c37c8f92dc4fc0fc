import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, type ContainerSettings, type CredentialSearch, type Report } from '@moorage/core/provider'
import { isConnectionLost, refusalMessage, toProviderError } from '../errors.ts'
import type { Client } from './client.ts'
import { expectSuccess } from './call-engine.ts'
import { isTransient, toPullError } from './pull-errors.ts'

interface PullEvent {
  readonly error?: string
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

const PROGRESS_INTERVAL_MS = 1_000
// A registry that restarts, or a network that comes up with the machine.
const RETRY_DELAYS_MS = [500, 3_000]

interface PullOptions {
  onProgress(detail: string): void
  readonly signal: AbortSignal
  /** Such as `linux/arm64`. Default: the engine's. */
  readonly platform?: string | undefined
}

/** The image of a service, and how it gets to the engine. */
export interface WantedImage {
  readonly service: string
  readonly image: string
  readonly platform?: ContainerSettings['platform'] | undefined
  readonly pull?: ContainerSettings['pull'] | undefined
}

/**
 * Pulls a service's image, by default unless the engine has it, and reports the progress. Tries again where the
 * registry or the network fails. Throws `MoorageError` (IMAGE_NOT_FOUND, START_FAILED, PROVIDER_LOST; CONFIG_INVALID
 * for a Docker config that cannot be read).
 */
export async function provideImage(
  client: Client,
  { service, image, platform, pull: policy = 'missing' }: WantedImage,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<void> {
  const isThere = policy !== 'always' && (await client.hasImage(image)) && (await hasPlatform(client, image, platform))
  if (isThere) return
  const name = client.imageName(image)
  if (policy === 'never') throw neverPulled({ service, name, platform })
  signal.throwIfAborted()
  const { problem } = await client.findCredentials(image)
  if (problem) report.notice(`services.${service}.image: ${problem} The image is pulled without credentials.`)
  try {
    const onProgress = (detail: string): void => report.phase(service, 'pull', detail)
    await pull(client, image, { onProgress, signal, platform })
  } catch (error) {
    signal.throwIfAborted()
    throw isConnectionLost(error)
      ? toProviderError(error, client.engine.host, { service, phase: 'pull' })
      : toPullError(error, { service, name, ...(problem ? { problem } : {}) })
  }
}

/** Whether the engine's image is for a platform, such as `linux/arm64`. */
async function hasPlatform(
  { engine, imageName }: Client,
  image: string,
  platform: string | undefined,
): Promise<boolean> {
  if (platform === undefined) return true
  const path = `/images/${encodeURIComponent(imageName(image))}/json`
  const { text } = await expectSuccess(engine.call({ method: 'GET', path }))
  const { Os, Architecture } = JSON.parse(text) as { readonly Os: string; readonly Architecture: string }
  return `${platform}/`.startsWith(`${Os}/${Architecture}/`)
}

function neverPulled({
  service,
  name,
  platform,
}: {
  readonly service: string
  readonly name: string
  readonly platform: string | undefined
}): MoorageError {
  const wanted = platform === undefined ? name : `${name} for ${platform}`
  return new MoorageError(
    'IMAGE_NOT_FOUND',
    `services.${service}.image: the engine does not have ${wanted}, and pull: 'never' forbids pulling it.`,
    {
      service,
      provider: 'docker',
      phase: 'pull',
      hint: 'Build or pull it first, or remove the setting `pull`.',
    },
  )
}

/** Pulls an image even when the engine has it. The first progress line is the image's full name. */
export async function pull(client: Client, image: string, options: PullOptions): Promise<void> {
  const { onProgress, signal } = options
  const name = client.imageName(image)
  onProgress(name)
  const { credentials } = await client.findCredentials(image)
  for (let attempt = 0; ; attempt++) {
    try {
      return await pullOnce(client, { name, credentials }, options)
    } catch (error) {
      const delay = RETRY_DELAYS_MS[attempt]
      if (signal.aborted || delay === undefined || isConnectionLost(error) || !isTransient(error)) throw error
      onProgress(`${name}: trying again after: ${refusalMessage(error)}`)
      await sleep(delay, undefined, { signal })
    }
  }
}

async function pullOnce(
  { dockerode }: Client,
  { name, credentials }: { readonly name: string; readonly credentials: CredentialSearch['credentials'] },
  { onProgress, signal, platform }: PullOptions,
): Promise<void> {
  const stream = (await dockerode.pull(name, {
    abortSignal: signal,
    ...(credentials ? { authconfig: credentials } : {}),
    ...(platform === undefined ? {} : { platform }),
  })) as Readable
  const onAbort = (): void => void stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const layers = new Map<string, { current: number; total: number }>()
  let reportedAt = performance.now()
  try {
    for await (const event of readEvents(stream)) {
      if (event.error !== undefined) throw new RangeError(event.error)
      const { current = 0, total = 0 } = event.progressDetail ?? {}
      if (event.id && total) layers.set(event.id, { current, total })
      if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) continue
      reportedAt = performance.now()
      onProgress(`${name} ${formatProgress([...layers.values()])}`)
    }
    signal.throwIfAborted()
  } catch (error) {
    signal.throwIfAborted()
    // Source: Node's http.IncomingMessage: 'aborted' is the error of an answer that ended too early.
    throw (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      ? new RangeError('the engine interrupted the pull')
      : error
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.destroy()
  }
}

/** The lines of the engine's answer, also the last one, which Podman does not end. */
async function* readEvents(stream: Readable): AsyncGenerator<PullEvent> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((text) => text.trim())) yield JSON.parse(line) as PullEvent
  }
  if (rest.trim()) yield JSON.parse(rest) as PullEvent
}

function formatProgress(layers: readonly { current: number; total: number }[]): string {
  const sum = (key: 'current' | 'total'): number => layers.reduce((all, layer) => all + layer[key], 0)
  const [current, total] = [sum('current'), sum('total')]
  return total ? `${Math.floor((100 * current) / total)} % of ${(total / 1e6).toFixed(0)} MB` : ''
}
