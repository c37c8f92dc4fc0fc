import { kubeconfig } from '../../e2e/harness/engine.ts'
import { createClient, type ApiClient } from '../../packages/provider-kubernetes/src/api/client.ts'
import type { Credentials } from '../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'
import { findCredentials } from '../../packages/provider-kubernetes/src/cluster/find-credentials.ts'

/** The test bed's API server, as one of its users. */
export async function connectToBed(user: string): Promise<ApiClient> {
  return createClient(
    (await findCredentials({
      kubeconfig: kubeconfig(user),
      context: 'testbed',
      env: {},
      root: process.cwd(),
    })) as Credentials,
  )
}
