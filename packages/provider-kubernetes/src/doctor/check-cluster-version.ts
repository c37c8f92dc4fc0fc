import type { CheckContext, CheckResult } from '@moorage/core/provider'
import { expectBody } from '../errors.ts'
import type { ExaminedCluster } from './examined-cluster.ts'

/** The version of the cluster, and who this user is there. */
export async function checkClusterVersion(
  { client, user }: ExaminedCluster,
  { signal }: Pick<CheckContext, 'signal'>,
): Promise<readonly CheckResult[]> {
  const request = { method: 'GET' as const, path: '/version', signal }
  const { gitVersion } = expectBody<{ gitVersion: string }>(request, await client.call(request))
  return [{ status: 'ok', text: `Kubernetes ${gitVersion}, as ${user}` }]
}
