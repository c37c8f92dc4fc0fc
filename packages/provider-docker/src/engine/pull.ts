import { MoorageError, type Report } from '@moorage/core'
import { isAway, lostOr, saidBy } from '../errors.ts'
import type { Client } from './client.ts'

interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

// Milliseconds between two lines of progress.
const RHYTHM = 1_000

/** Pulls a service's image unless the engine has it; shows how far it is. */
export async function pullIfAbsent(
  client: Client,
  { service, image }: { service: string; image: string },
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<void> {
  if (await client.isThere(image)) return
  signal.throwIfAborted()
  try {
    await pull(client, image, { told: (detail) => report.phase(service, 'pull', detail), signal })
  } catch (error) {
    signal.throwIfAborted()
    throw isAway(error as object)
      ? lostOr(error, client.host, { service, phase: 'pull' })
      : translate(error, service, client.imageName(image))
  }
}

/** Pulls an image, whether the engine has it or not; the first word is its full name. */
export async function pull(
  { engine, imageName, credentials }: Client,
  image: string,
  { told, signal }: { told(detail: string): void; signal: AbortSignal },
): Promise<void> {
  const name = imageName(image)
  told(name)
  const authconfig = await credentials(image)
  const stream = (await engine.pull(name, {
    abortSignal: signal,
    ...(authconfig ? { authconfig } : {}),
  })) as NodeJS.ReadableStream & { destroy(): void }
  const onAbort = (): void => stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const layers = new Map<string, { current: number; total: number }>()
  let last = performance.now()
  await new Promise<void>((done, fail) => {
    stream.once('close', () => fail(signal.aborted ? signal.reason : new RangeError('the engine broke off the pull')))
    engine.modem.followProgress(
      stream,
      (error) => (error ? fail(error) : done()),
      (event: PullEvent) => {
        const { current = 0, total = 0 } = event.progressDetail ?? {}
        if (event.id && total) layers.set(event.id, { current, total })
        if (performance.now() - last < RHYTHM) return
        last = performance.now()
        told(`${name} ${progressOf([...layers.values()])}`)
      },
    )
  }).finally(() => signal.removeEventListener('abort', onAbort))
}

function progressOf(layers: readonly { current: number; total: number }[]): string {
  const sum = (key: 'current' | 'total'): number => layers.reduce((all, layer) => all + layer[key], 0)
  const [current, total] = [sum('current'), sum('total')]
  return total ? `${Math.floor((100 * current) / total)} % of ${(total / 1e6).toFixed(0)} MB` : ''
}

function translate(error: unknown, service: string, name: string): MoorageError {
  const said = saidBy(error)
  const details = { service, provider: 'docker', phase: 'pull' as const, cause: error }
  if (/toomanyrequests|rate limit/i.test(said)) {
    return new MoorageError(
      'START_FAILED',
      `services.${service}.image: the registry refuses ${name} for now: its pull limit is reached.`,
      {
        ...details,
        hint: 'Log in with `docker login`, or pull through a mirror: TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX.',
      },
    )
  }
  if (/not found|manifest unknown|does not exist|denied|unauthorized|invalid reference/i.test(said)) {
    return new MoorageError(
      'IMAGE_NOT_FOUND',
      `services.${service}.image: there is no image ${name} that the engine can pull.`,
      {
        ...details,
        hint: `The engine says: ${said}\nCorrect the name or the tag; a private image needs \`docker login\` first.`,
      },
    )
  }
  return new MoorageError('START_FAILED', `services.${service}.image: ${name} could not be pulled: ${said}`, {
    ...details,
    hint: 'Try again; the engine and the registry have to reach each other.',
  })
}
