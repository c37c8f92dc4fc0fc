import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApiEvent, ContainerStatus, Pod } from '../../../packages/provider-kubernetes/src/api/types.ts'
import { Diagnosis, startFault, type PodProgress } from '../../../packages/provider-kubernetes/src/pod/diagnosis.ts'
import type { PodInformer, PodSnapshot } from '../../../packages/provider-kubernetes/src/pod/informer.ts'
import { untilStarted } from '../../../packages/provider-kubernetes/src/pod/wait-started.ts'
import { exitOf } from '../../../packages/provider-kubernetes/src/unit.ts'

// Recorded: pods and events as a cluster shows them, for the states that the test bed cannot be brought into, or not in
// the time of a test. Those that it can are in e2e/providers/kubernetes-never-ready.test.ts.
const subject = { service: 'app', image: 'app:1', pod: 'app', namespace: 'ci' }
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
const seen = (pod: Pod | undefined, ...events: ApiEvent[]): PodSnapshot => ({ pod, gone: false, events })

describe('how long a state is waited for (recorded)', () => {
  const table: {
    readonly [what: string]: { readonly sight: PodSnapshot; readonly seconds: number; readonly says: RegExp }
  } = {
    'a key that a secret does not have': {
      sight: seen(waiting('CreateContainerConfigError', "couldn't find key x in Secret ci/s")),
      seconds: 5,
      says: /did not start it: couldn't find key x in Secret ci\/s \(CreateContainerConfigError\)/,
    },
    'an image without a number for its user': {
      sight: seen(
        waiting('CreateContainerConfigError', 'container has runAsNonRoot and image has non-numeric user (app)'),
      ),
      seconds: 5,
      says: /services\.app\.user: app:1 runs as root, or as a user without a number/,
    },
    'a volume that cannot be mounted': {
      sight: seen(
        onNode(),
        event('FailedMount', 'MountVolume.SetUp failed for volume "files-0": secret "x" not found'),
      ),
      seconds: 60,
      says: /secret "x" not found \(FailedMount\)/,
    },
    'a node without a pod network': {
      sight: seen(onNode(), event('NetworkNotReady', 'network is not ready: cni plugin not initialized')),
      seconds: 60,
      says: /cni plugin not initialized \(NetworkNotReady\)/,
    },
    'a sandbox that fails': {
      sight: seen(onNode(), event('FailedCreatePodSandBox', 'failed to setup network for sandbox')),
      seconds: 60,
      says: /failed to setup network for sandbox/,
    },
    "a registry's pull limit": {
      sight: seen(waiting('ErrImagePull', 'failed to pull: 429 Too Many Requests - toomanyrequests')),
      seconds: 180,
      says: /the registry refuses app:1 for now: its pull limit is reached/,
    },
    'a registry that times out': {
      sight: seen(waiting('ErrImagePull', 'dial tcp: i/o timeout')),
      seconds: 180,
      says: /app:1 could not be pulled/,
    },
    'a runtime that is too slow': {
      sight: seen(waiting('CreateContainerError', 'context deadline exceeded')),
      seconds: 120,
      says: /context deadline exceeded/,
    },
    'a container that cannot be made': {
      sight: seen(waiting('CreateContainerError', 'no command specified')),
      seconds: 0,
      says: /no command specified/,
    },
    'an image that may not be pulled': {
      sight: seen(waiting('ErrImageNeverPull', 'Container image is not present')),
      seconds: 0,
      says: /the node does not have app:1, and may not pull it/,
    },
    'a command that the runtime refuses': {
      sight: seen(waiting('RunContainerError', 'exec: "x": executable file not found in $PATH')),
      seconds: 0,
      says: /services\.app\.command: app:1 cannot run it/,
    },
  }

  test.for(Object.entries(table))('%s', ([_what, { sight, seconds, says }]) => {
    let now = 0
    const diagnosis = new Diagnosis(subject, () => now)
    const look = (): PodProgress => diagnosis.look(sight)
    if (seconds > 0) {
      expect(look()).toMatchObject({ again: 1_000 * seconds })
      now = 1_000 * seconds - 1
      expect(look().fault).toBeUndefined()
    }
    now = 1_000 * seconds
    const { fault } = look()
    expect(fault?.message).toMatch(says)
    expect(fault?.message).toMatch(/kubectl |Correct the command|Give a numeric one/)
  })

  test('the first cause is told, whatever the back-off says later', () => {
    let now = 0
    const diagnosis = new Diagnosis(subject, () => now)
    diagnosis.look(seen(waiting('ErrImagePull', 'connection reset by peer')))
    now = 180_000
    expect(
      diagnosis.look(seen(waiting('ImagePullBackOff', 'Back-off pulling image "app:1"'))).fault?.message,
    ).toContain('connection reset by peer')
  })

  test('a node that is being made may take as long as an image', () => {
    const pod: Pod = {
      metadata,
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] },
    }
    expect(new Diagnosis(subject).look(seen(pod))).toEqual({ phase: 'schedule', detail: '0/1 nodes are available' })
    expect(
      new Diagnosis(subject).look(
        seen(pod, event('TriggeredScaleUp', 'pod triggered scale-up: [{pool 1->2 (max: 5)}]')),
      ),
    ).toEqual({ phase: 'pull', detail: 'waiting for a new node: pod triggered scale-up: [{pool 1->2 (max: 5)}]' })
  })

  test('a start that the node could not make is no end of the service', () => {
    const fault = startFault(
      subject,
      ended({ exitCode: 128, reason: 'StartError', message: 'exec /app: exec format error' }),
    )
    expect(fault?.message).toBe(
      "services.app: what app:1 runs is no program for its node's processor.\nThe node says: exec /app: exec format error\nUse an image, or a command, for that processor: kubectl get nodes -L kubernetes.io/arch",
    )
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
      { reason: 'exited', detail: 'it ran for as long as a pod may' },
    ],
  }
  test.for(Object.entries(table))('%s', ([_what, [pod, exit]]) => expect(exitOf(seen(pod))).toEqual(exit))
})

describe('silence (recorded)', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('a pod about which nothing changes for a minute is told of, once', async () => {
    const notices: string[] = []
    const abort = new AbortController()
    const observed = {
      sight: () => seen(undefined, event('Scheduled', 'Successfully assigned ci/app to node-1')),
      on: () => () => {},
    } as unknown as PodInformer
    const report = { phase: () => {}, journal: () => {}, notice: (text: string) => void notices.push(text) }
    const starting = untilStarted(
      { client: undefined as never, report },
      { subject, uid: 'u', observed, delivery: { objects: [], volumes: [], mounts: [] } },
      abort.signal,
    )
    await vi.advanceTimersByTimeAsync(59_000)
    expect(notices).toEqual([])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(notices).toEqual([
      'services.app: nothing has changed about its pod for 60 s; the last that the cluster said is Scheduled: Successfully assigned ci/app to node-1. Look closer: kubectl describe pod app -n ci',
    ])
    abort.abort(new RangeError('over'))
    await expect(starting).rejects.toThrow('over')
  })
})
