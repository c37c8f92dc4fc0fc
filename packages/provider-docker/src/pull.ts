import { messageOf, MoorageError, type Report } from '@moorage/core'
import { isAway, lostOr } from './away.ts'
import type { Client } from './client.ts'

interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

// Milliseconds between two lines of progress.
const RHYTHM = 1_000

/** Pulls an image unless the engine has it; shows how far it is. */
export async function pullIfAbsent({ engine, host, imageName, isThere, credentials }: Client, { service, image }: { service: string; image: string }, context: { report: Report; signal: AbortSignal }): Promise<void> {
  const { report, signal } = context
  const name = imageName(image)
  if (await isThere(image)) return
  signal.throwIfAborted()
  report.phase(service, 'pull', name)
  try {
    const authconfig = await credentials(image)
    const stream = (await engine.pull(name, { abortSignal: signal, ...(authconfig ? { authconfig } : {}) })) as NodeJS.ReadableStream & { destroy(): void }
    const onAbort = (): void => stream.destroy()
    signal.addEventListener('abort', onAbort, { once: true })
    const layers = new Map<string, { current: number; total: number }>()
    let last = performance.now()
    await new Promise<void>((done, fail) => {
      stream.once('close', () => fail(signal.aborted ? signal.reason : new RangeError('the engine broke off the pull')))
      engine.modem.followProgress(stream, (error) => (error ? fail(error) : done()), (event: PullEvent) => {
        const { current = 0, total = 0 } = event.progressDetail ?? {}
        if (event.id && total) layers.set(event.id, { current, total })
        if (performance.now() - last < RHYTHM) return
        last = performance.now()
        report.phase(service, 'pull', `${name} ${progressOf([...layers.values()])}`)
      })
    }).finally(() => signal.removeEventListener('abort', onAbort))
  } catch (error) {
    signal.throwIfAborted()
    throw isAway(error as object) ? lostOr(error, host, { service, phase: 'pull' }) : translate(error, service, name)
  }
}

function progressOf(layers: readonly { current: number; total: number }[]): string {
  const sum = (key: 'current' | 'total'): number => layers.reduce((all, layer) => all + layer[key], 0)
  const [current, total] = [sum('current'), sum('total')]
  return total ? `${Math.floor((100 * current) / total)} % of ${(total / 1e6).toFixed(0)} MB` : ''
}

function translate(error: unknown, service: string, name: string): MoorageError {
  const said = (error as { json?: { message?: string } }).json?.message ?? messageOf(error)
  const details = { service, provider: 'docker', phase: 'pull' as const, cause: error }
  if (/toomanyrequests|rate limit/i.test(said)) {
    return new MoorageError('START_FAILED', `services.${service}.image: the registry refuses ${name} for now: its pull limit is reached.`, {
      ...details,
      hint: 'Log in with `docker login`, or pull through a mirror: TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX.',
    })
  }
  if (/not found|manifest unknown|does not exist|denied|unauthorized|invalid reference/i.test(said)) {
    return new MoorageError('IMAGE_NOT_FOUND', `services.${service}.image: there is no image ${name} that the engine can pull.`, {
      ...details,
      hint: `The engine says: ${said.trim()}\nCorrect the name or the tag; a private image needs \`docker login\` first.`,
    })
  }
  return new MoorageError('START_FAILED', `services.${service}.image: ${name} could not be pulled: ${said.trim()}`, { ...details, hint: 'Try again; the engine and the registry have to reach each other.' })
}
