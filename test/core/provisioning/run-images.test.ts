import { expect, test } from 'vitest'
import type { Builder } from '../../../packages/core/src/contract/builder.ts'
import type { ImageStores } from '../../../packages/core/src/contract/build-spec.ts'
import type { Provider } from '../../../packages/core/src/contract/provider.ts'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { RunImages } from '../../../packages/core/src/provisioning/run-images.ts'
import { RunSecrets } from '../../../packages/core/src/provisioning/run-secrets.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'
import { thrownError } from '../../thrown-error.ts'

/** A builder of the test's own: it records what is done with images, and builds nothing. */
function recorder(events: string[], probe: Awaited<ReturnType<Builder['probe']>>, fails = false): Builder {
  return {
    probe: () => Promise.resolve(probe),
    build({ tag, store, platform }) {
      events.push(`build ${tag} for ${platform}`)
      return fails ? Promise.reject(new RangeError('no')) : Promise.resolve({ tag, store })
    },
    publish: ({ tag }) => Promise.resolve(tag),
    remove({ tag }) {
      events.push(`remove ${tag}`)
      return Promise.resolve()
    },
  }
}

function openRun(
  builders: ReadonlyMap<string, Builder>,
  events: string[],
  runId = 'ci-7-1-abc',
): { images: RunImages; tasks: TaskStack } {
  const tasks = new TaskStack(monotonicClock)
  const owner = { host: 'h', pid: 1, started: 1 }
  const images = new RunImages({
    tasks,
    signal: new AbortController().signal,
    phase: () => {},
    secrets: new RunSecrets(),
    runContext: {
      run: { id: runId, labels: {}, owner, root: '/', cache: '/' },
      builders: { ref: { name: 'build', module: 'm', options: {} }, load: () => Promise.resolve({ builders }) },
      onProgress: () => {},
      load: () => Promise.reject(new RangeError('no provider is loaded')),
      journal: (_, entry) => void events.push(`journal ${(entry as { tag: string }).tag}`),
    },
  })
  return { images, tasks }
}

const providerWith = (stores: ImageStores): Provider =>
  ({ name: 'p', form: 'container', imageStores: () => Promise.resolve(stores) }) as unknown as Provider
const engine = providerWith({ stores: [{ kind: 'engine', host: 'h' }], platforms: [] })
const spec = { context: '/c', digest: '0123456789abcdef0123' }

test('the tag carries the run and the content; equal builds of a run are one image, which goes with the run', async () => {
  const events: string[] = []
  const { images, tasks } = openRun(new Map([['b', recorder(events, { ok: true, detail: '' })]]), events)
  const [one, two] = await Promise.all([
    images.get({ service: 'App', spec: { ...spec, name: 'shop/app' }, provider: engine }),
    images.get({ service: 'worker', spec: { ...spec, name: 'shop/app' }, provider: engine }),
  ])
  expect(two).toEqual(one)
  const other = await images.get({ service: 'App', spec: { ...spec, digest: 'fedcba9876543210' }, provider: engine })
  expect(other.reference).toBe('localhost/moorage/app:ci-7-1-abc-fedcba987654')
  await tasks.unwind()
  expect(events).toEqual([
    'journal localhost/shop/app:ci-7-1-abc-0123456789ab',
    'build localhost/shop/app:ci-7-1-abc-0123456789ab for undefined',
    'journal localhost/moorage/app:ci-7-1-abc-fedcba987654',
    'build localhost/moorage/app:ci-7-1-abc-fedcba987654 for undefined',
    'remove localhost/moorage/app:ci-7-1-abc-fedcba987654',
    'remove localhost/shop/app:ci-7-1-abc-0123456789ab',
  ])
})

test('a failed build is removed as well', async () => {
  const events: string[] = []
  const { images, tasks } = openRun(new Map([['b', recorder(events, { ok: true, detail: '' }, true)]]), events)
  await expect(images.get({ service: 'app', spec, provider: engine })).rejects.toThrow('no')
  await tasks.unwind()
  expect(events.at(-1)).toBe('remove localhost/moorage/app:ci-7-1-abc-0123456789ab')
})

test('without a builder, each one is named with its reason and its fix', async () => {
  const no = (name: string): Builder =>
    recorder([], { ok: false, reason: `${name} is missing`, fix: `Install ${name}.` })
  const { images } = openRun(
    new Map([
      ['one', no('one')],
      ['two', no('two')],
    ]),
    [],
  )
  const provider = providerWith({ stores: [{ kind: 'engine', host: 'h' }], platforms: [], fix: 'Give a registry.' })
  expect(await thrownError(() => images.get({ service: 'app', spec, provider }))).toMatchObject({
    code: 'BUILD_FAILED',
    message:
      'services.app.image: no builder can be used.\n  one: one is missing. Install one.\n  two: two is missing. Install two.\nGive a registry.',
  })
})

test('a platform that no node has is refused, and the first platform of the nodes is the default', async () => {
  const events: string[] = []
  const { images } = openRun(new Map([['b', recorder(events, { ok: true, detail: '' })]]), events)
  const provider = providerWith({ stores: [{ kind: 'engine', host: 'h' }], platforms: ['linux/amd64', 'linux/arm64'] })
  const refused = { ...spec, platform: 'linux/s390x' }
  expect(await thrownError(() => images.get({ service: 'app', spec: refused, provider }))).toMatchObject({
    code: 'OPTION_UNSUPPORTED',
    message:
      'services.app.image.platform: no node of the cluster runs linux/s390x.\nBuild for one of linux/amd64, linux/arm64, or omit platform.',
  })
  expect((await images.get({ service: 'app', spec, provider })).platform).toBe('linux/amd64')
  expect(events).toContain('build localhost/moorage/app:ci-7-1-abc-0123456789ab for linux/amd64')
})
