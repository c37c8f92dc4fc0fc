import { describe, expect, test } from 'vitest'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import type { ApiEvent, ContainerStatus, Pod } from '../../../packages/provider-kubernetes/src/api/types.ts'
import type { FileDelivery } from '../../../packages/provider-kubernetes/src/files.ts'
import { createPod, type PodCreation } from '../../../packages/provider-kubernetes/src/pod/create-pod.ts'
import type { PodInformer } from '../../../packages/provider-kubernetes/src/pod/informer.ts'
import {
  canPrepareBeside,
  isPreparedBeside,
  podContainers,
} from '../../../packages/provider-kubernetes/src/pod/preparing-container.ts'
import { waitUntilStarted } from '../../../packages/provider-kubernetes/src/pod/wait-started.ts'
import { startApiStub } from '../api-stub.ts'

const step = { script: ['cp a b'], mounts: [{ name: 'files', mountPath: '/moorage/files' }] }
const delivery: FileDelivery = { secrets: [], volumes: [], mounts: [], initStep: step }

interface Containers {
  readonly containers: readonly { readonly name: string; readonly [field: string]: unknown }[]
  readonly initContainers?: readonly object[]
}
const arrange = (main: object, preparation: 'beside' | 'before' | 'none'): Containers =>
  podContainers({ name: 'main', ...main }, [step], preparation) as Containers

test('the container beside the main one is started first, and the kubelet waits for its hook', () => {
  const { containers, initContainers } = arrange({}, 'beside')
  expect(initContainers).toBeUndefined()
  expect(containers.map(({ name }) => name)).toEqual(['files', 'main'])
  expect(JSON.stringify(containers[0]?.['lifecycle'])).toContain(
    '"postStart":{"exec":{"command":["sh","-c","until [ -e /moorage/files/.moorage-done ]; do sleep 0.02; done; : > /moorage/files/.moorage-seen"]',
  )
  expect(String(containers[0]?.['command'])).toMatch(/^sh,-c,set -e\ncp a b\n: > \/moorage\/files\/\.moorage-done\n/)
})

test('it takes none of the devices of the main container, and reserves next to nothing', () => {
  const limits = { cpu: '2', memory: '1Gi', 'nvidia.com/gpu': '1' }
  const { containers } = arrange({ resources: { limits, requests: { cpu: '1' } } }, 'beside')
  expect(containers[0]?.['resources']).toEqual({
    limits: { cpu: '2', memory: '1Gi' },
    requests: { cpu: '1m', memory: '4Mi' },
  })
})

test('an init container prepares the volumes of a container that may be restarted or shares its processes', () => {
  expect(
    [{}, { restart: 'always' } as const, { init: true }].map((each) => canPrepareBeside({ image: 'x', ...each })),
  ).toEqual([true, false, false])
})

const event = (reason: string, container: string, message = ''): ApiEvent =>
  ({ reason, message, involvedObject: { fieldPath: `spec.containers{${container}}` } }) as ApiEvent
const mainStarted = event('Started', 'main')

interface Seen {
  readonly events?: readonly ApiEvent[]
  readonly files?: ContainerStatus['state']
  readonly main?: ContainerStatus['state']
}

async function startOf({ events = [], files, main }: Seen): Promise<string> {
  const containerStatuses = [
    { name: 'files', ...(files ? { state: files } : {}) },
    { name: 'main', ...(main ? { state: main } : {}) },
  ]
  const pod = { spec: { nodeName: 'n' }, status: { containerStatuses } } as unknown as Pod
  const informer = { snapshot: () => ({ pod, deleted: false, events }), subscribe: () => () => {} }
  const started = waitUntilStarted(
    { client: {} as ApiClient, report: { phase: () => {}, journal: () => {}, notice: () => {} } },
    {
      ref: { service: 'app', image: 'app:1', pod: 'app', namespace: 'ci' },
      uid: 'u',
      informer: informer as unknown as PodInformer,
      delivery,
      preparedBeside: true,
    },
    AbortSignal.timeout(50),
  )
  return await started.then(
    () => 'started',
    (error: Error) => (error.message.split('\n')[0] ?? '').replace(/^.* before they arrived: /, ''),
  )
}

describe('when the main container starts, the service has started only if its files are there', () => {
  test.for<readonly [what: string, seen: Seen, result: string]>([
    ['the hook succeeds', { events: [event('Started', 'files'), mainStarted] }, 'started'],
    ['both run, without events', { files: { running: {} }, main: { running: {} } }, 'started'],
    ['the main container ends at once', { files: { running: {} }, main: { terminated: { exitCode: 1 } } }, 'started'],
    [
      'the hook fails',
      { events: [event('Started', 'files'), event('FailedPostStartHook', 'files'), mainStarted] },
      'its hook failed.',
    ],
    [
      'the other container cannot be created',
      { events: [event('Failed', 'files', 'Error: context deadline exceeded'), mainStarted] },
      'Error: context deadline exceeded.',
    ],
    [
      'the image is pulled at the second attempt',
      { events: [event('Failed', 'files', 'Error: ErrImagePull'), event('Started', 'files'), mainStarted] },
      'started',
    ],
    [
      'its script fails, without events',
      { files: { terminated: { exitCode: 1, reason: 'Error' } }, main: { running: {} } },
      'exit code 1, Error.',
    ],
    [
      'it waits, without events',
      { files: { waiting: { reason: 'ContainerCreating', message: 'soon' } }, main: { running: {} } },
      'ContainerCreating: soon.',
    ],
  ])('beside: %s', async ([_what, seen, result]) => expect(await startOf(seen)).toBe(result))
})

test('a pod that a quota or a policy refuses gets an init container instead of a second one', async () => {
  const message = 'pods "app" is forbidden: minimum memory usage per Container is 64Mi, but request is 4Mi'
  const bodies: Pod[] = []
  await using stub = await startApiStub(({ body }) => {
    bodies.push(body as Pod)
    return bodies.length === 1 ? { status: 403, body: { message } } : { status: 201, body: body as object }
  })
  const creation = {
    spec: { name: 'app', ports: {}, env: {}, sensitive: [], container: { image: 'app:1', pull: 'never' } },
    ref: { service: 'app', image: 'app:1', pod: 'app', namespace: 'ci' },
    runNamespace: { run: { id: 'r', labels: {} }, livenessObject: { reference: {} } },
    delivery,
    folders: [],
    preparation: 'beside',
    dns: { domain: 'cluster.local' },
    objects: [],
  } as unknown as PodCreation
  const context = { client: stub.client, options: {}, hostPortProxies: undefined as never }
  const report = { phase: () => {}, journal: () => {}, notice: () => {} }
  const pod = await createPod({ ...context, report }, creation, new AbortController().signal)
  expect(bodies.map(isPreparedBeside)).toEqual([true, false])
  expect(isPreparedBeside(pod)).toBe(false)
  expect(pod).toMatchObject({ spec: { initContainers: [{ name: 'files' }] } })
})
