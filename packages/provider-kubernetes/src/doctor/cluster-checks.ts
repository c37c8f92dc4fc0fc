import type { CheckContext, CheckResult, DoctorCheck } from '@moorage/core/provider'
import { checkClusterVersion } from './check-cluster-version.ts'
import { checkPodSecurity } from './check-pod-security.ts'
import { checkRbac } from './check-rbac.ts'
import { dryRunObjects } from './dry-run-objects.ts'
import { examineCluster, type ExaminationOptions, type ExaminedCluster } from './examined-cluster.ts'

type ClusterCheck = (cluster: ExaminedCluster, context: CheckContext) => Promise<readonly CheckResult[]>

/** The checks of `moorage doctor` on a cluster. They share one connection. Without a cluster, the probe says why. */
export function clusterChecks(examination: ExaminationOptions): readonly DoctorCheck[] {
  let opened: Promise<ExaminedCluster | undefined> | undefined
  let running = 0
  const withCluster = async (check: ClusterCheck, context: CheckContext): Promise<readonly CheckResult[]> => {
    running++
    opened ??= examineCluster(examination, context.signal)
    const current = opened
    try {
      const cluster = await current
      return cluster ? await check(cluster, context) : []
    } finally {
      if (--running === 0) {
        opened = undefined
        void current.then((cluster) => cluster?.client.close()).catch(() => {})
      }
    }
  }
  const create = (name: string, check: ClusterCheck): DoctorCheck => ({
    name,
    run: (context) => withCluster(check, context),
  })
  return [
    create('version', checkClusterVersion),
    create('permissions', checkRbac),
    create('pod-security', checkPodSecurity),
    create('dry-run', dryRunObjects),
  ]
}
