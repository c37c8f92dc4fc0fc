import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, MoorageError, type Report, type Run } from '@moorage/core/provider'
import { deleterLacks, describeDeleterLacks, identity } from '../cluster/permissions.ts'
import { refusalOf } from '../pod/admission-errors.ts'
import { apiError } from '../errors.ts'
import type { Answer, Client } from '../api/client.ts'
import { tryCreate } from '../api/create-object.ts'
import { RESTRICTED } from './deadline-job.ts'
import { Diagnosis, type PodProgress, type Subject } from '../pod/diagnosis.ts'
import { labelsOf } from '../labels.ts'
import { placement } from '../pod/manifest.ts'
import type { PodInformer } from '../pod/informer.ts'
import type { KubernetesOptions } from '../options.ts'

export interface Deletion {
  readonly run: Run
  /** The run's own. */
  readonly namespace: string
  readonly options: KubernetesOptions
  readonly observed: PodInformer
  readonly report: Report
  readonly over: AbortSignal
}

const IMAGE = 'registry.k8s.io/kubectl:v1.34.4'
// Of account, role, binding and pod. No service's pod has a letter behind a dot.
const NAME = 'moorage.deleter'
const AT = 'kubernetes({ deleter })'
// The image has no user; any number but root's does.
const USER = 65_532

// Milliseconds in which the services have the node to themselves: on two cores its start would cost theirs a quarter.
const LATER = 3_000
// Milliseconds until a node has to have been found, as for a service.
const PLACE = 60_000

const RBAC = 'rbac.authorization.k8s.io'

/**
 * A pod that waits in the run's namespace until the deadman is gone, and then deletes that namespace. Its account may do
 * that and nothing else. None of it belongs to the deadman, with which it would go. Never rejects: what is wrong is told.
 */
export async function startDeleter(client: Client, deletion: Deletion): Promise<void> {
  const { namespace, options, observed, report, over } = deletion
  const image = typeof options.deleter === 'object' ? options.deleter.image : IMAGE
  const subject: Subject = { service: NAME, at: AT, image, pod: NAME, namespace }
  try {
    for (const [path, body] of rightsOf(deletion)) {
      const made = await tryCreate(client, { path, body, signal: over })
      if (!('object' in made)) throw await refused(client, made, { path, namespace, over })
    }
    await sleep(LATER, undefined, { signal: over, ref: false })
    const pod = await tryCreate(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: podManifest(deletion, image),
      signal: over,
    })
    if (!('object' in pod)) throw refusalOf(subject, pod)
    const { uid } = pod.object.metadata
    const diagnosis = new Diagnosis(subject)
    const unplaced = untilUnplaced(subject, () => diagnosis.look(observed.sight(uid)), over)
    throw await Promise.race([unplaced, observed.until(uid, (sight) => diagnosis.look(sight).fault, over)])
  } catch (error) {
    if (over.aborted) return
    const [what, ...next] = messageOf(error).split('\n')
    if (image !== IMAGE) next.push('An image of your own needs kubectl as its entry point')
    report.notice(
      [what, 'If this run is killed, its empty namespace waits for the next start.', next.join('. ')].join(' ').trim(),
    )
  }
}

/** To wait for a node is no fault in itself: the time makes it one. */
function untilUnplaced({ pod, namespace }: Subject, look: () => PodProgress, over: AbortSignal): Promise<MoorageError> {
  const late = Promise.withResolvers<MoorageError>()
  const timer = setTimeout(() => {
    const { phase, detail = 'the cluster does not say why' } = look()
    if (phase !== 'schedule') return
    late.resolve(
      new MoorageError(
        'DEADLINE',
        `${AT}: its pod has found no place to run within ${PLACE / 1_000} s: ${detail.replace(/\.$/, '')}.`,
        { provider: 'kubernetes', hint: `Look closer: kubectl describe pod ${pod} -n ${namespace}` },
      ),
    )
  }, PLACE).unref()
  over.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return late.promise
}

async function refused(
  client: Client,
  answer: Answer,
  { path, namespace, over }: { readonly path: string; readonly namespace: string; readonly over: AbortSignal },
): Promise<MoorageError> {
  const lacks = answer.status === 403 ? await deleterLacks(client, namespace, over) : []
  if (!lacks.length) return apiError({ method: 'POST', path }, answer)
  const { reason, fix } = describeDeleterLacks(await identity(client, over), namespace, lacks)
  return new MoorageError('START_FAILED', `${AT}: ${reason}.`, { provider: 'kubernetes', hint: fix })
}

/** Account, role and binding, in this order: a binding names the other two. */
function rightsOf({ run, namespace }: Deletion): readonly (readonly [path: string, body: object])[] {
  const metadata = { name: NAME, labels: labelsOf(run) }
  const rules = [
    // By name, which kubectl's watch names as well.
    { apiGroups: ['batch'], resources: ['jobs'], resourceNames: [run.id], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['delete'] },
  ]
  const rbac = `/apis/${RBAC}/v1/namespaces/${namespace}`
  return [
    [`/api/v1/namespaces/${namespace}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata }],
    [`${rbac}/roles`, { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules }],
    [
      `${rbac}/rolebindings`,
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'Role', name: NAME },
        subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
      },
    ],
  ]
}

/** Two containers one after the other: the image has no shell. What breaks off starts again. */
function podManifest({ run, namespace, options }: Deletion, image: string): object {
  const container = {
    image,
    imagePullPolicy: 'IfNotPresent',
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    ...RESTRICTED,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, labels: labelsOf(run) },
    spec: {
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 1,
      enableServiceLinks: false,
      serviceAccountName: NAME,
      automountServiceAccountToken: true,
      securityContext: { runAsUser: USER, runAsGroup: USER },
      initContainers: [
        {
          ...container,
          name: 'wait',
          args: ['wait', '--for=delete', `jobs.batch/${run.id}`, '-n', namespace, '--timeout=1h'],
        },
      ],
      containers: [{ ...container, name: 'delete', args: ['delete', 'namespace', namespace, '--wait=false'] }],
      ...placement(options),
    },
  }
}
