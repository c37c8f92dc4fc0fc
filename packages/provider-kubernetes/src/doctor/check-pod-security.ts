import type { CheckContext, CheckResult } from '@moorage/core/provider'
import { refusalMessage } from '../errors.ts'
import { dryRunCreate } from './dry-run-client.ts'
import type { ExaminedCluster } from './examined-cluster.ts'

// Source: Kubernetes, "Pod Security Standards": the network of the node violates both `baseline` and `restricted`. A
// quota could refuse a pod without resources first.
const RESOURCES = { cpu: '1m', memory: '1Mi' }
const VIOLATING_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'moorage-doctor' },
  spec: {
    hostNetwork: true,
    containers: [{ name: 'none', image: 'none', resources: { requests: RESOURCES, limits: RESOURCES } }],
  },
}

/**
 * The Pod Security level that a namespace enforces. The level is a label of the namespace, which this user may not be
 * allowed to read, or a default of the cluster, which no user can read: a dry run of a pod that violates it shows both.
 */
export async function checkPodSecurity(
  { client, decision }: ExaminedCluster,
  { signal }: Pick<CheckContext, 'signal'>,
): Promise<readonly CheckResult[]> {
  const { checkedNamespace: namespace, policy } = decision
  const path = `/api/v1/namespaces/${namespace}/pods`
  const response = await dryRunCreate(client, { path, body: VIOLATING_POD }, signal)
  const subject = policy.mode === 'create' ? 'a namespace without labels' : `namespace ${namespace}`
  if (response.status < 300) return [{ status: 'ok', text: `${subject} enforces no Pod Security level (privileged)` }]
  const message = refusalMessage(response)
  const level = message.match(/violates PodSecurity "([^":]+)/)?.[1]
  // Another rule of the cluster comes first: the dry run of the real objects says whether it matters.
  return level === undefined ? [] : [{ status: 'ok', text: `${subject} enforces Pod Security level ${level}` }]
}
