import { expect, test } from 'vitest'
import type { ServiceSpec } from '../../../packages/core/src/contract/service.ts'
import { MoorageError } from '../../../packages/core/src/contract/errors.ts'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { buildImage } from '../../../packages/core/src/provisioning/build-image.ts'
import type { RunImage } from '../../../packages/core/src/provisioning/run-images.ts'
import type { StartContext } from '../../../packages/core/src/provisioning/start-context.ts'
import { thrownError } from '../../thrown-error.ts'

const IMAGE: RunImage = { reference: 'localhost/app:1', inRegistry: false, task: 'image localhost/app:1' }

function contextOf(
  image: NonNullable<ServiceSpec['container']>['image'],
  get: () => Promise<RunImage>,
  deadlines = {},
): { readonly context: StartContext; readonly progress: string[] } {
  const progress: string[] = []
  const spec = { preset: 'container', ports: {}, deadlines, container: { image, connection: {} } }
  const context = {
    plan: { services: { app: { spec } } },
    placements: new Map([['app', { provider: { name: 'docker', form: 'container' } }]]),
    abort: new AbortController(),
    attached: new Set(),
    phaseDeadlines: new Map(),
    clock: monotonicClock,
    images: { get },
    onProgress: (event: { readonly kind: string; readonly phase?: string }) =>
      void progress.push(`${event.kind} ${event.phase}`),
  }
  return { context: context as unknown as StartContext, progress }
}

test('an image that is a name is not built', async () => {
  const { context, progress } = contextOf('app:1', () => Promise.reject(new RangeError('no build is expected')))
  expect(await buildImage(context, 'app')).toBeUndefined()
  expect(progress).toEqual([])
})

test('a build enters its phase, also where another service builds the same image', async () => {
  const { context, progress } = contextOf({ context: '/c' }, () => Promise.resolve(IMAGE))
  expect(await buildImage(context, 'app')).toEqual(IMAGE)
  expect(progress).toEqual(['phase build'])
})

test('a failed build names its provider', async () => {
  const failure = new MoorageError('BUILD_FAILED', 'services.app.image: the build failed.', { service: 'app' })
  const { context } = contextOf({ context: '/c' }, () => Promise.reject(failure))
  const { code, details } = await thrownError(() => buildImage(context, 'app'))
  expect({ code, ...details }).toMatchObject({
    code: 'BUILD_FAILED',
    service: 'app',
    provider: 'docker',
    phase: 'build',
  })
})

test('a build that takes too long misses the deadline of its phase', async () => {
  const { context } = contextOf({ context: '/c' }, () => new Promise(() => {}), { build: 20 })
  const { code, message } = await thrownError(() => buildImage(context, 'app'))
  expect(`${code} ${message.split('\n')[0]}`).toBe('DEADLINE services.app did not get its image built within 0.02 s.')
})
