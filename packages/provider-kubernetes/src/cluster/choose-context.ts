import type { Kubeconfig, KubeCluster, KubeUser } from './kubeconfig.ts'

/** A context with its cluster and its user. Without a user, requests are anonymous. */
export interface ChosenContext {
  readonly name: string
  readonly namespace: string | undefined
  readonly cluster: KubeCluster
  readonly userName: string
  readonly user: KubeUser
}

/** The context with the given name, else the current one; or why there is none, as the end of a sentence. */
export function chooseContext(
  { currentContext, contexts, clusters, users }: Kubeconfig,
  given: string | undefined,
): ChosenContext | { readonly problem: string; readonly fix: string } {
  const name = given ?? currentContext
  const context = contexts.get(name)
  if (!context) {
    const problem = name ? `has no context '${name}'` : 'has no current context'
    return {
      problem: `${problem}; its contexts: ${[...contexts.keys()].join(', ') || 'none'}`,
      fix: 'choose one with: kubectl config use-context NAME',
    }
  }
  const fix = 'show it with: kubectl config view'
  const { cluster: clusterName, user: userName = '', namespace } = context
  const cluster = clusters.get(clusterName)
  if (!cluster?.server) return { problem: `has no cluster '${clusterName}', which context '${name}' refers to`, fix }
  const user = userName ? users.get(userName) : {}
  if (!user) return { problem: `has no user '${userName}', which context '${name}' refers to`, fix }
  const server = withScheme(cluster).replace(/\/$/, '')
  return { name, namespace: namespace || undefined, cluster: { ...cluster, server }, userName, user }
}

/** As kubectl does: a server without a scheme gets https where the cluster has TLS options, else http. */
function withScheme(cluster: KubeCluster): string {
  const { server } = cluster
  if (server.includes('://')) return server
  const hasTls =
    cluster['certificate-authority'] || cluster['certificate-authority-data'] || cluster['insecure-skip-tls-verify']
  return `${hasTls ? 'https' : 'http'}://${server}`
}
