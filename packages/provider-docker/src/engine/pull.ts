import { MoorageError, type Report } from '@moorage/core/provider'
import { isConnectionLost, refusalMessage, toProviderError } from '../errors.ts'
import type { Client } from './client.ts'

interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

const PROGRESS_INTERVAL_MS = 1_000

/**
 * Pulls a service's image unless the engine has it, and reports the progress. Throws `MoorageError` (IMAGE_NOT_FOUND,
 * START_FAILED, PROVIDER_LOST).
 */
export async function pullIfMissing(
  client: Client,
  { service, image }: { service: string; image: string },
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<void> {
  if (await client.hasImage(image)) return
  signal.throwIfAborted()
  try {
    await pull(client, image, { onProgress: (detail) => report.phase(service, 'pull', detail), signal })
  } catch (error) {
    signal.throwIfAborted()
    throw isConnectionLost(error)
      ? toProviderError(error, client.host, { service, phase: 'pull' })
      : toPullError(error, service, client.imageName(image))
  }
}

/** Pulls an image even when the engine has it. The first progress line is the image's full name. */
export async function pull(
  { dockerode, imageName, registryCredentials }: Client,
  image: string,
  { onProgress, signal }: { onProgress(detail: string): void; signal: AbortSignal },
): Promise<void> {
  const name = imageName(image)
  onProgress(name)
  const authconfig = await registryCredentials(image)
  const stream = (await dockerode.pull(name, {
    abortSignal: signal,
    ...(authconfig ? { authconfig } : {}),
  })) as NodeJS.ReadableStream & { destroy(): void }
  const onAbort = (): void => stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const layers = new Map<string, { current: number; total: number }>()
  let reportedAt = performance.now()
  await new Promise<void>((resolve, reject) => {
    stream.once('close', () => reject(signal.aborted ? signal.reason : new RangeError('the engine broke off the pull')))
    dockerode.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      (event: PullEvent) => {
        const { current = 0, total = 0 } = event.progressDetail ?? {}
        if (event.id && total) layers.set(event.id, { current, total })
        if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) return
        reportedAt = performance.now()
        onProgress(`${name} ${formatProgress([...layers.values()])}`)
      },
    )
  }).finally(() => signal.removeEventListener('abort', onAbort))
}

function formatProgress(layers: readonly { current: number; total: number }[]): string {
  const sum = (key: 'current' | 'total'): number => layers.reduce((all, layer) => all + layer[key], 0)
  const [current, total] = [sum('current'), sum('total')]
  return total ? `${Math.floor((100 * current) / total)} % of ${(total / 1e6).toFixed(0)} MB` : ''
}

function toPullError(error: unknown, service: string, name: string): MoorageError {
  const refusal = refusalMessage(error)
  const details = { service, provider: 'docker', phase: 'pull' as const, cause: error }
  if (/toomanyrequests|rate limit/i.test(refusal)) {
    return new MoorageError(
      'START_FAILED',
      `services.${service}.image: the registry refuses ${name} for now: its pull limit is reached.`,
      {
        ...details,
        hint: 'Log in with `docker login`, or pull through a mirror: TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX.',
      },
    )
  }
  if (/not found|manifest unknown|does not exist|denied|unauthorized|invalid reference/i.test(refusal)) {
    return new MoorageError(
      'IMAGE_NOT_FOUND',
      `services.${service}.image: there is no image ${name} that the engine can pull.`,
      {
        ...details,
        hint: `The engine says: ${refusal}\nCorrect the name or the tag; a private image needs \`docker login\` first.`,
      },
    )
  }
  return new MoorageError('START_FAILED', `services.${service}.image: ${name} could not be pulled: ${refusal}`, {
    ...details,
    hint: 'Try again, and check that the engine can reach the registry.',
  })
}
