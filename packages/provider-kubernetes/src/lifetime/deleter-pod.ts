import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, MoorageError, type Report, type Run } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { tryCreateObject } from '../api/create-object.ts'
import type { ApiResponse } from '../api/types.ts'
import { explainMissingForDeleter } from '../cluster/explain-missing-permissions.ts'
import { currentUser, missingDeleterPermissions } from '../cluster/permissions.ts'
import { toProviderError } from '../errors.ts'
import { runLabels } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import { toAdmissionError } from '../pod/admission-errors.ts'
import { DELETE_CONTAINER, INJECTION_OPT_OUTS, WAIT_CONTAINER } from '../pod/container-status.ts'
import { Diagnosis, type PodProgress } from '../pod/diagnosis.ts'
import type { PodInformer } from '../pod/informer.ts'
import { schedulingFields } from '../pod/manifest.ts'
import { RESTRICTED_CONTAINER } from '../pod/security.ts'
import type { PodRef } from '../pod/pod-ref.ts'

export interface DeleterOptions {
  readonly run: Run
  /** The namespace of the run alone. */
  readonly namespace: string
  readonly options: KubernetesOptions
  readonly informer: PodInformer
  readonly report: Report
  /** Ends the supervision of the deleter, not the deleter. */
  readonly signal: AbortSignal
}

const DEFAULT_IMAGE = 'registry.k8s.io/kubectl:v1.34.4'
// Name of the service account, role, binding and pod. Pods of services have only digits after a dot.
const DELETER_NAME = 'moorage.deleter'
const CONFIG_KEY = 'kubernetes({ deleter })'
// The image sets no user. Any number but 0 works.
const USER_ID = 65_532

// On two cores, an immediate start of this pod slows the start of the services by a quarter.
const START_DELAY_MS = 3_000
// The same limit as for a service.
const SCHEDULE_TIMEOUT_MS = 60_000

const RBAC_GROUP = 'rbac.authorization.k8s.io'

/**
 * Starts a pod that waits in the run's namespace until the liveness Job no longer exists, and then deletes the
 * namespace. Its service account has no other permission. The Job does not own these objects, because the garbage
 * collector would delete them with it. Never rejects: every failure becomes a notice.
 */
export async function startDeleterPod(client: ApiClient, deleter: DeleterOptions): Promise<void> {
  const { namespace, options, informer, report, signal } = deleter
  const image = typeof options.deleter === 'object' ? options.deleter.image : DEFAULT_IMAGE
  const ref: PodRef = { service: DELETER_NAME, configPath: CONFIG_KEY, image, pod: DELETER_NAME, namespace }
  try {
    for (const [path, body] of rbacObjects(deleter)) {
      const result = await tryCreateObject(client, { path, body, signal })
      if (!('object' in result)) throw await toRbacError(client, result, { path, namespace, signal })
    }
    await sleep(START_DELAY_MS, undefined, { signal, ref: false })
    const result = await tryCreateObject(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      body: deleterManifest(deleter, image),
      signal,
    })
    if (!('object' in result)) throw toAdmissionError(ref, result)
    const { uid } = result.object.metadata
    const diagnosis = new Diagnosis(ref)
    const unscheduled = waitUntilOverdue(ref, () => diagnosis.assess(informer.snapshot(uid)), signal)
    const failed = informer.waitFor(uid, (snapshot) => diagnosis.assess(snapshot).error, signal)
    throw await Promise.race([unscheduled, failed])
  } catch (error) {
    if (signal.aborted) return
    const [problem, ...hints] = messageOf(error).split('\n')
    if (image !== DEFAULT_IMAGE) hints.push('The image must have kubectl as its entry point')
    const consequence = 'If this run is killed, the next start deletes its empty namespace.'
    report.notice([problem, consequence, hints.join('. ')].join(' ').trim())
  }
}

/** Resolves with an error if the pod is still waiting for a node after {@link SCHEDULE_TIMEOUT_MS}. */
function waitUntilOverdue(
  { pod, namespace }: PodRef,
  assess: () => PodProgress,
  signal: AbortSignal,
): Promise<MoorageError> {
  const overdue = Promise.withResolvers<MoorageError>()
  const timer = setTimeout(() => {
    const { phase, detail = 'the cluster reports no cause' } = assess()
    if (phase !== 'schedule') return
    overdue.resolve(
      new MoorageError(
        'DEADLINE',
        `${CONFIG_KEY}: no node accepted its pod within ${SCHEDULE_TIMEOUT_MS / 1_000} s: ${detail.replace(/\.$/, '')}.`,
        { provider: 'kubernetes', hint: `Inspect it with: kubectl describe pod ${pod} -n ${namespace}` },
      ),
    )
  }, SCHEDULE_TIMEOUT_MS).unref()
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return overdue.promise
}

async function toRbacError(
  client: ApiClient,
  response: ApiResponse,
  { path, namespace, signal }: { readonly path: string; readonly namespace: string; readonly signal: AbortSignal },
): Promise<MoorageError> {
  const missing = response.status === 403 ? await missingDeleterPermissions(client, namespace, signal) : []
  if (!missing.length) return toProviderError({ method: 'POST', path }, response)
  const user = await currentUser(client, signal)
  const { reason, fix } = explainMissingForDeleter({ user, namespace, missing })
  return new MoorageError('START_FAILED', `${CONFIG_KEY}: ${reason}.`, { provider: 'kubernetes', hint: fix })
}

/** Service account, role and binding, in the order of creation: the binding refers to the other two. */
function rbacObjects({ run, namespace }: DeleterOptions): readonly (readonly [path: string, body: object])[] {
  const metadata = { name: DELETER_NAME, labels: runLabels(run) }
  const rules = [
    // Restricted by name; the watch of `kubectl wait` selects by name as well.
    { apiGroups: ['batch'], resources: ['jobs'], resourceNames: [run.id], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['delete'] },
  ]
  const rbacPath = `/apis/${RBAC_GROUP}/v1/namespaces/${namespace}`
  return [
    [`/api/v1/namespaces/${namespace}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata }],
    [`${rbacPath}/roles`, { apiVersion: `${RBAC_GROUP}/v1`, kind: 'Role', metadata, rules }],
    [
      `${rbacPath}/rolebindings`,
      {
        apiVersion: `${RBAC_GROUP}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: DELETER_NAME },
        subjects: [{ kind: 'ServiceAccount', name: DELETER_NAME, namespace }],
      },
    ],
  ]
}

/** Two containers in sequence, because the image has no shell. The kubelet restarts one that fails. */
function deleterManifest({ run, namespace, options }: DeleterOptions, image: string): object {
  const container = {
    image,
    imagePullPolicy: 'IfNotPresent',
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    ...RESTRICTED_CONTAINER,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: DELETER_NAME,
      labels: { ...runLabels(run), ...INJECTION_OPT_OUTS },
      annotations: INJECTION_OPT_OUTS,
    },
    spec: {
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 1,
      enableServiceLinks: false,
      serviceAccountName: DELETER_NAME,
      automountServiceAccountToken: true,
      securityContext: { runAsUser: USER_ID, runAsGroup: USER_ID },
      initContainers: [
        {
          ...container,
          name: WAIT_CONTAINER,
          args: ['wait', '--for=delete', `jobs.batch/${run.id}`, '-n', namespace, '--timeout=1h'],
        },
      ],
      containers: [{ ...container, name: DELETE_CONTAINER, args: ['delete', 'namespace', namespace, '--wait=false'] }],
      ...schedulingFields(options),
    },
  }
}
