import type { ApiClient } from '../api/client.ts'
import { createClient } from '../api/client.ts'
import { decidePolicy, type PolicyDecision } from '../cluster/decide-namespace.ts'
import { currentUser } from '../cluster/permissions.ts'
import type { ClusterSelection } from '../cluster/select-cluster.ts'
import type { KubernetesOptions } from '../options.ts'

/** A cluster that answers, whatever this user may do there. */
export interface ExaminedCluster {
  readonly client: ApiClient
  readonly options: KubernetesOptions
  readonly env: NodeJS.ProcessEnv
  /** This user's name, as the API server knows it. */
  readonly user: string
  readonly decision: PolicyDecision
}

export interface ExaminationOptions {
  readonly options: KubernetesOptions
  readonly env: NodeJS.ProcessEnv
  select(signal: AbortSignal): Promise<ClusterSelection>
}

/** Connects to the cluster, also where this user may not run anything; undefined where none answers. */
export async function examineCluster(
  { options, env, select }: ExaminationOptions,
  signal: AbortSignal,
): Promise<ExaminedCluster | undefined> {
  const { cluster, refused } = await select(signal)
  const credentials = cluster?.credentials ?? refused
  if (!credentials) return undefined
  const client = createClient(credentials)
  try {
    const [decision, user] = await Promise.all([
      decidePolicy({ client, credentials, options, env }, signal),
      currentUser(client, signal),
    ])
    return { client, options, env, user, decision }
  } catch (error) {
    client.close()
    throw error
  }
}
