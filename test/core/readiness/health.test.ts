import { expect, test } from 'vitest'
import type { ContainerSettings, HealthCheck, Probe, Unit } from '@moorage/core'
import { MoorageError } from '../../../packages/core/src/contract/errors.ts'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { waitReady } from '../../../packages/core/src/readiness/wait-ready.ts'
import { thrownMessage } from '../../thrown-error.ts'

type Answer = { readonly code: number; readonly stdout?: string } | 'hangs' | MoorageError

interface Check {
  readonly healthCheck?: ContainerSettings['healthCheck']
  readonly image?: HealthCheck
  /** What the check answers, one after another; the last one for ever. */
  readonly answers?: readonly [Answer, ...Answer[]]
  readonly probe?: Probe
}

interface Outcome {
  readonly commands: readonly (readonly string[])[]
  readonly reasons: readonly string[]
  readonly ms: number
}

async function check({
  healthCheck,
  image,
  answers = [{ code: 0 }],
  probe = { kind: 'health' },
}: Check): Promise<Outcome> {
  const commands: (readonly string[])[] = []
  const reasons: string[] = []
  const unit: Unit = {
    endpoint: () => Promise.reject(new RangeError('not dialled')),
    async *logs() {
      yield { stream: 'stdout', text: 'a line of the log' }
    },
    exited: new Promise<never>(() => {}),
    stop: () => Promise.resolve(),
    exec(command, signal) {
      const answer = answers[Math.min(commands.push(command), answers.length) - 1] ?? 'hangs'
      if (answer instanceof MoorageError) return Promise.reject(answer)
      if (answer !== 'hangs') return Promise.resolve({ stdout: '', stderr: '', ...answer })
      return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)))
    },
    imageHealthCheck: () => Promise.resolve(image),
  }
  const since = performance.now()
  await waitReady({
    service: 'api',
    unit,
    probes: [probe],
    ports: {},
    ...(healthCheck === undefined ? {} : { healthCheck }),
    signal: AbortSignal.timeout(5_000),
    clock: monotonicClock,
    onAttempt: (reason) => void (reasons.at(-1) === reason || reasons.push(reason)),
  })
  return { commands, reasons, ms: performance.now() - since }
}

const failing = { code: 1, stdout: 'connecting\nconnection refused\n' }

test('the check of the config replaces that of the image; a text is for the shell', async () => {
  const image: HealthCheck = { test: ['image-check'] }
  expect((await check({ image })).commands).toEqual([['image-check']])
  expect((await check({ image, healthCheck: { test: ['own'] } })).commands).toEqual([['own']])
  expect((await check({ healthCheck: { test: 'own || exit 1' } })).commands).toEqual([
    ['/bin/sh', '-c', 'own || exit 1'],
  ])
})

test('a check that is made every 30 s makes a service ready within a second all the same', async () => {
  const { reasons, ms } = await check({ healthCheck: { test: ['c'] }, answers: [failing, failing, { code: 0 }] })
  expect(reasons).toEqual(['its health check ended with exit code 1: connection refused'])
  expect(ms).toBeLessThan(1_000)
})

test('failures in the start period do not count', async () => {
  const healthCheck = { test: ['c'], startPeriodMs: 300, intervalMs: 1, retries: 1 }
  const answers = [failing, failing, { code: 0 }] as const
  expect((await check({ healthCheck, answers })).commands).toHaveLength(3)
})

test('an unhealthy container: when Docker would know it, with the rules and the last output', async () => {
  const since = performance.now()
  const healthCheck = { test: 'curl -f http://x', startPeriodMs: 100, intervalMs: 150, retries: 2 }
  expect(await thrownMessage(() => check({ healthCheck, answers: [failing] }))).toBe(
    [
      'START_FAILED',
      'services.api is unhealthy: its health check ended with exit code 1: connection refused.',
      "The check is 'curl -f http://x' (2 retries, 0.15 s apart, after a start period of 0.1 s).",
      'Its last output:',
      '  connecting',
      '  connection refused',
      'Correct the check or the service, or raise retries or startPeriodMs of healthCheck.',
      'Last log lines:',
      '  a line of the log',
    ].join('\n'),
  )
  expect(performance.now() - since).toBeGreaterThanOrEqual(400)
})

test('a check that hangs fails after its timeout, and is let go', async () => {
  const healthCheck = { test: ['c'], timeoutMs: 50, intervalMs: 10, retries: 2 }
  expect(await thrownMessage(() => check({ healthCheck, answers: ['hangs'] }))).toMatch(
    /^START_FAILED\nservices\.api is unhealthy: its health check did not end within 0\.05 s\.\n/,
  )
  expect((await check({ healthCheck, answers: ['hangs', { code: 0 }] })).commands).toHaveLength(2)
})

test('a check that the engine cannot run for the moment is run again', async () => {
  const answers = [new MoorageError('START_FAILED', 'the container is restarting'), { code: 0 }] as const
  const { reasons } = await check({ healthCheck: { test: ['c'] }, answers })
  expect(reasons).toEqual(['its health check could not run: the container is restarting'])
})

test('without a health check: an error, unless it is optional', async () => {
  expect(await thrownMessage(() => check({}))).toBe(
    [
      'CONFIG_INVALID',
      'services.api.ready: its probe waits for a health check, and neither the config nor the image has one.',
      "Set healthCheck: { test: 'command' }, or use a probe of another kind.",
    ].join('\n'),
  )
  const optional = { kind: 'health', optional: true } as const
  expect((await check({ probe: optional })).commands).toEqual([])
  expect((await check({ probe: optional, image: { test: ['i'] }, healthCheck: 'none' })).commands).toEqual([])
  expect((await check({ probe: optional, image: { test: ['i'] } })).commands).toEqual([['i']])
})
