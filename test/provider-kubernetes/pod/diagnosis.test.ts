import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApiEvent, ContainerStatus, Pod } from '../../../packages/provider-kubernetes/src/api/types.ts'
import { Diagnosis, type PodProgress } from '../../../packages/provider-kubernetes/src/pod/diagnosis.ts'
import type { PodInformer, PodSnapshot } from '../../../packages/provider-kubernetes/src/pod/informer.ts'
import { findContainerStartError } from '../../../packages/provider-kubernetes/src/pod/start-errors.ts'
import { waitUntilStarted } from '../../../packages/provider-kubernetes/src/pod/wait-started.ts'
import { findExit } from '../../../packages/provider-kubernetes/src/unit.ts'

// Recorded: pods and events as a cluster shows them, for the states that the test bed cannot be brought into, or not in
// the time of a test. Those that it can are in e2e/providers/kubernetes-never-ready.test.ts.
const ref = { service: 'app', image: 'app:1', pod: 'app', namespace: 'ci' }
const metadata = { name: 'app', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const event = (reason: string, message: string): ApiEvent => ({
  metadata: { ...metadata, uid: `${reason}${message}` },
  involvedObject: { uid: 'u' },
  reason,
  message,
})
const onNode = (status: Pod['status'] = {}): Pod => ({ metadata, spec: { nodeName: 'node-1' }, status })
const waiting = (reason: string, message = ''): Pod =>
  onNode({ containerStatuses: [{ name: 'main', state: { waiting: { reason, message } } }] })
const ended = (terminated: NonNullable<ContainerStatus['state']>['terminated'], status: Pod['status'] = {}): Pod =>
  onNode({ ...status, ...(terminated ? { containerStatuses: [{ name: 'main', state: { terminated } }] } : {}) })
const seen = (pod: Pod | undefined, ...events: ApiEvent[]): PodSnapshot => ({ pod, deleted: false, events })

describe('how long a state is waited for (recorded)', () => {
  const table: {
    readonly [what: string]: { readonly snapshot: PodSnapshot; readonly seconds: number; readonly says: RegExp }
  } = {
    'a key that a secret does not have': {
      snapshot: seen(waiting('CreateContainerConfigError', "couldn't find key x in Secret ci/s")),
      seconds: 5,
      says: /did not start it: couldn't find key x in Secret ci\/s \(CreateContainerConfigError\)/,
    },
    'an image without a number for its user': {
      snapshot: seen(
        waiting('CreateContainerConfigError', 'container has runAsNonRoot and image has non-numeric user (app)'),
      ),
      seconds: 5,
      says: /services\.app\.user: app:1 runs as root, or as a non-numeric user/,
    },
    'a volume that cannot be mounted': {
      snapshot: seen(
        onNode(),
        event('FailedMount', 'MountVolume.SetUp failed for volume "files-0": secret "x" not found'),
      ),
      seconds: 60,
      says: /secret "x" not found \(FailedMount\)/,
    },
    'a node without a pod network': {
      snapshot: seen(onNode(), event('NetworkNotReady', 'network is not ready: cni plugin not initialized')),
      seconds: 60,
      says: /cni plugin not initialized \(NetworkNotReady\)/,
    },
    'a sandbox that fails': {
      snapshot: seen(onNode(), event('FailedCreatePodSandBox', 'failed to setup network for sandbox')),
      seconds: 60,
      says: /failed to setup network for sandbox/,
    },
    "a registry's pull limit": {
      snapshot: seen(waiting('ErrImagePull', 'failed to pull: 429 Too Many Requests - toomanyrequests')),
      seconds: 180,
      says: /the pull limit of the registry has been reached for app:1/,
    },
    'a registry that times out': {
      snapshot: seen(waiting('ErrImagePull', 'dial tcp: i/o timeout')),
      seconds: 180,
      says: /the cluster could not pull app:1/,
    },
    'a runtime that is too slow': {
      snapshot: seen(waiting('CreateContainerError', 'context deadline exceeded')),
      seconds: 120,
      says: /context deadline exceeded/,
    },
    'a container that cannot be made': {
      snapshot: seen(waiting('CreateContainerError', 'no command specified')),
      seconds: 0,
      says: /no command specified/,
    },
    'an image that may not be pulled': {
      snapshot: seen(waiting('ErrImageNeverPull', 'Container image is not present')),
      seconds: 0,
      says: /the node does not have app:1, and may not pull it/,
    },
    'a command that the runtime refuses': {
      snapshot: seen(waiting('RunContainerError', 'exec: "x": executable file not found in $PATH')),
      seconds: 0,
      says: /services\.app\.command: app:1 cannot run it/,
    },
  }

  test.for(Object.entries(table))('%s', ([_what, { snapshot, seconds, says }]) => {
    let now = 0
    const diagnosis = new Diagnosis(ref, () => now)
    const assess = (): PodProgress => diagnosis.assess(snapshot)
    if (seconds > 0) {
      expect(assess()).toMatchObject({ recheckMs: 1_000 * seconds })
      now = 1_000 * seconds - 1
      expect(assess().error).toBeUndefined()
    }
    now = 1_000 * seconds
    const { error } = assess()
    expect(error?.message).toMatch(says)
    expect(error?.message).toMatch(/kubectl |Correct the command|Set a numeric user/)
  })

  test('the first cause is reported, whatever the back-off says later', () => {
    let now = 0
    const diagnosis = new Diagnosis(ref, () => now)
    diagnosis.assess(seen(waiting('ErrImagePull', 'connection reset by peer')))
    now = 180_000
    expect(
      diagnosis.assess(seen(waiting('ImagePullBackOff', 'Back-off pulling image "app:1"'))).error?.message,
    ).toContain('connection reset by peer')
  })

  test('a node that is being made may take as long as an image', () => {
    const pod: Pod = {
      metadata,
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] },
    }
    expect(new Diagnosis(ref).assess(seen(pod))).toEqual({ phase: 'schedule', detail: '0/1 nodes are available' })
    expect(
      new Diagnosis(ref).assess(seen(pod, event('TriggeredScaleUp', 'pod triggered scale-up: [{pool 1->2 (max: 5)}]'))),
    ).toEqual({ phase: 'pull', detail: 'waiting for a new node: pod triggered scale-up: [{pool 1->2 (max: 5)}]' })
    expect(
      new Diagnosis(ref).assess(seen(pod, event('Nominated', 'Pod should schedule on: nodeclaim/default-x7'))),
    ).toEqual({ phase: 'pull', detail: 'waiting for a new node: Pod should schedule on: nodeclaim/default-x7' })
  })

  test('a start that the node could not make is no end of the service', () => {
    const error = findContainerStartError(
      ref,
      ended({ exitCode: 128, reason: 'StartError', message: 'exec /app: exec format error' }),
    )
    expect(error?.message).toBe(
      'services.app: app:1 is built for a different CPU architecture than its node.\nThe node reports: exec /app: exec format error\nUse an image, or a command, for the architecture of the node: kubectl get nodes -L kubernetes.io/arch',
    )
  })
})

describe('containers that the cluster has added (recorded)', () => {
  const injected = { name: 'istio-proxy', state: { waiting: { reason: 'ErrImagePull', message: 'i/o timeout' } } }
  const pod = (main: ContainerStatus['state'], init: readonly ContainerStatus[] = []): Pod =>
    onNode({
      phase: 'Failed',
      initContainerStatuses: init,
      containerStatuses: [injected, ...(main ? [{ name: 'main', state: main }] : [])],
    })

  test('the state of the service is that of its own container, wherever it stands', () => {
    expect(findExit(seen(pod({ terminated: { exitCode: 3 } })))).toEqual({ reason: 'exited', code: 3 })
    const startError = {
      terminated: { exitCode: 128, reason: 'StartError', message: 'exec: no such file or directory' },
    }
    expect(findContainerStartError(ref, pod(startError))?.message).toMatch(
      /^services\.app\.command: app:1 cannot run it\./,
    )
    const waitingPod = pod({ waiting: { reason: 'CreateContainerError', message: 'no command specified' } })
    expect(new Diagnosis(ref, () => 0).assess(seen(waitingPod)).error?.message).toMatch(/no command specified/)
  })

  test('one that does not start is named, after a minute', () => {
    let now = 0
    const diagnosis = new Diagnosis(ref, () => now)
    const snapshot = seen(pod({ waiting: { reason: 'PodInitializing' } }))
    expect(diagnosis.assess(snapshot)).toMatchObject({ recheckMs: 60_000 })
    now = 60_000
    expect(diagnosis.assess(snapshot).error?.message).toBe(
      'services.app: container istio-proxy, which the cluster has added to its pod, does not start: ErrImagePull i/o timeout.\nExempt namespace ci from that injection. Show the cause with: kubectl logs app -c istio-proxy -n ci',
    )
  })

  test.for<readonly [name: string, message: string]>([
    [
      'istio-init',
      'services.app: container istio-init, which the cluster has added to its pod, does not start: exit code 1, Error: iptables.\nExempt namespace ci from that injection. Show the cause with: kubectl logs app -c istio-init -n ci',
    ],
    [
      'files',
      'services.app.files: the container that receives them ended before they arrived: exit code 1, Error: iptables.\nThat container runs sh and cp of app:1, and tar for large deliveries. Show its output with: kubectl logs app -c files -n ci',
    ],
  ])('a failed init container is no start of the service: %s', ([name, message]) => {
    const terminated = { exitCode: 1, reason: 'Error', message: 'iptables' }
    const done = { name: 'other-init', state: { terminated: { exitCode: 0 } } }
    const failed = pod(undefined, [done, { name, state: { terminated } }])
    expect(findContainerStartError(ref, failed)?.message).toBe(message)
  })

  test('files are sent when their own container runs, and not that of a mesh', async () => {
    const sent: string[] = []
    let statuses: readonly ContainerStatus[] = [{ name: 'istio-init', state: { running: {} } }, { name: 'files' }]
    let listener = (): void => {}
    const informer = {
      snapshot: () => seen(onNode({ initContainerStatuses: statuses })),
      subscribe: (_: string, added: () => void) => {
        listener = added
        return () => {}
      },
    } as unknown as PodInformer
    const send = (): Promise<void> => Promise.resolve(void sent.push('files'))
    const abort = new AbortController()
    const starting = waitUntilStarted(
      { client: undefined as never, report: { phase: () => {}, journal: () => {}, notice: () => {} } },
      { ref, uid: 'u', informer, delivery: { secrets: [], volumes: [], mounts: [], send }, preparedBeside: false },
      abort.signal,
    )
    expect(sent).toEqual([])
    statuses = [
      { name: 'istio-init', state: { terminated: { exitCode: 0 } } },
      { name: 'files', state: { running: {} } },
    ]
    listener()
    expect(sent).toEqual(['files'])
    abort.abort(new RangeError('over'))
    await expect(starting).rejects.toThrow('over')
  })
})

describe('how a pod ended (recorded)', () => {
  const table: { readonly [what: string]: readonly [pod: Pod, exit: unknown] } = {
    'the node ran out of memory': [
      ended(undefined, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      { reason: 'evicted', detail: 'The node was low on resource: memory.' },
    ],
    'a pod of higher priority': [
      ended(undefined, { phase: 'Failed', reason: 'Preempting', message: 'Preempted in order to admit critical pod' }),
      { reason: 'evicted', detail: 'Preempted in order to admit critical pod' },
    ],
    'the node was drained': [
      ended(
        { exitCode: 137, reason: 'Error' },
        {
          conditions: [
            {
              type: 'DisruptionTarget',
              status: 'True',
              reason: 'EvictionByEvictionAPI',
              message: 'Eviction API: evicting',
            },
          ],
        },
      ),
      { reason: 'evicted', detail: 'Eviction API: evicting' },
    ],
    'the node was lost': [
      ended(undefined, { reason: 'NodeLost', message: 'Node node-1 which was running pod app is unresponsive' }),
      { reason: 'evicted', detail: 'Node node-1 which was running pod app is unresponsive' },
    ],
    'it ran for too long': [
      ended({ exitCode: 137, reason: 'Error' }, { phase: 'Failed', reason: 'DeadlineExceeded' }),
      { reason: 'exited', detail: 'it reached the maximum lifetime of a pod' },
    ],
  }
  test.for(Object.entries(table))('%s', ([_what, [pod, exit]]) => expect(findExit(seen(pod))).toEqual(exit))
})

describe('silence (recorded)', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('a pod that does not change for a minute is reported, once', async () => {
    const notices: string[] = []
    const abort = new AbortController()
    const informer = {
      snapshot: () => seen(undefined, event('Scheduled', 'Successfully assigned ci/app to node-1')),
      subscribe: () => () => {},
    } as unknown as PodInformer
    const report = { phase: () => {}, journal: () => {}, notice: (text: string) => void notices.push(text) }
    const starting = waitUntilStarted(
      { client: undefined as never, report },
      { ref, uid: 'u', informer, delivery: { secrets: [], volumes: [], mounts: [] }, preparedBeside: false },
      abort.signal,
    )
    await vi.advanceTimersByTimeAsync(59_000)
    expect(notices).toEqual([])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(notices).toEqual([
      'services.app: its pod has not changed for 60 s. The last event is Scheduled: Successfully assigned ci/app to node-1. Inspect it with: kubectl describe pod app -n ci',
    ])
    abort.abort(new RangeError('over'))
    await expect(starting).rejects.toThrow('over')
  })
})
