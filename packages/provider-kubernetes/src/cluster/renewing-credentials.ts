import type { Agent } from 'node:http'
import { authProviderOptions } from './auth-provider.ts'
import { chooseContext, type ChosenContext } from './choose-context.ts'
import { runExecPlugin, type ExecCredential } from './exec-plugin.ts'
import type { ExecConfig, Kubeconfig } from './kubeconfig.ts'
import { createProxyAgent, findProxy } from './proxy.ts'
import { requestAuth } from './request-auth.ts'

/** A cluster, and a user of it. */
export interface Credentials {
  /** URL of the API server. */
  readonly server: string
  readonly context: string
  readonly user: string
  /** The context's namespace; undefined where the context names none. */
  readonly namespace: string | undefined
  /** True inside a pod of the cluster. */
  readonly inCluster: boolean
  /**
   * TLS and authentication options for one HTTP request, and an agent where there is a proxy. Files are read again
   * after 60 s; a credential plugin runs again when its credentials expire.
   *
   * Throws MoorageError (PROVIDER_UNAVAILABLE) when a file cannot be read or a plugin fails.
   */
  requestOptions(): Promise<RequestOptions>
  /** Discards what is cached and reads the kubeconfig again, at most once in 5 s. */
  refresh(): Promise<void>
  /** The listener receives a notice when a credential plugin takes long, including earlier ones. */
  onNotice(listener: (notice: string) => void): void
}

interface RequestOptions {
  readonly headers?: { readonly [name: string]: string | readonly string[] }
  readonly [option: string]: unknown
}

// How long the content of files is reused.
const CACHE_MS = 60_000
// Credentials are renewed this long before they expire.
const RENEWAL_MARGIN_MS = 60_000
// Calls that were sent with old credentials are rejected after the renewal, too.
const MIN_REFRESH_INTERVAL_MS = 5_000
const SLOW_PLUGIN_MS = 3_000
const FAILURE_CACHE_MS = 5_000

export interface CredentialSource {
  readonly env: NodeJS.ProcessEnv
  /** The user's project. */
  readonly root: string
  readonly inCluster: boolean
  load(): Promise<Kubeconfig>
}

/** Credentials of a context; `load` reads the kubeconfig again. */
export function createCredentials(initial: ChosenContext, source: CredentialSource): Credentials {
  const { env, root, inCluster, load } = source
  const { server } = initial.cluster
  let context = initial
  let cached: { readonly at: number; readonly auth: Promise<RequestOptions> } | undefined
  let credential: { readonly value: Promise<ExecCredential>; renewAt: number } | undefined
  let refreshedAt = -Infinity
  const proxy = findProxy(server, initial.cluster, env)
  let agent: Promise<Agent> | undefined
  const pendingNotices: string[] = []
  let notify = (notice: string): void => void pendingNotices.push(notice)

  const runPlugin = (exec: ExecConfig): Promise<ExecCredential> => {
    if (credential && Date.now() < credential.renewAt) return credential.value
    const timer = setTimeout(
      () => notify(`Waiting for the credential plugin '${exec.command}' of the kubeconfig, for at most 60 s.`),
      SLOW_PLUGIN_MS,
    )
    const value = runExecPlugin({ exec, cluster: context.cluster, env }).finally(() => clearTimeout(timer))
    const started = { value, renewAt: Infinity }
    credential = started
    value.then(
      ({ expirationTimestamp = '' }) => (started.renewAt = renewalTime(Date.parse(expirationTimestamp))),
      // Callers that retry get the same error for a while, instead of running the plugin each time.
      () => (started.renewAt = Date.now() + FAILURE_CACHE_MS),
    )
    return value
  }
  const authenticate = async (): Promise<RequestOptions> => {
    const { cluster, user } = context
    if (user['auth-provider']) return await authProviderOptions({ cluster, user, root })
    const hasOwn = user.token || user.tokenFile || user.username
    return requestAuth(cluster, user, user.exec && !hasOwn ? await runPlugin(user.exec) : {})
  }
  // Caches the promise: ten concurrent first calls would otherwise run a plugin ten times.
  const cachedAuth = (): Promise<RequestOptions> => {
    const isFresh = cached && performance.now() - cached.at < CACHE_MS
    if (cached && isFresh && !(credential && Date.now() >= credential.renewAt)) return cached.auth
    const auth = authenticate()
    const entry = { at: performance.now(), auth }
    cached = entry
    auth.catch(() => (cached = cached === entry ? undefined : cached))
    return auth
  }
  return {
    server,
    context: initial.name,
    user: initial.userName,
    namespace: initial.namespace,
    inCluster,
    async requestOptions() {
      const auth = await cachedAuth()
      return proxy ? { ...auth, agent: await (agent ??= createProxyAgent(proxy, server)) } : { ...auth }
    },
    async refresh() {
      if (performance.now() - refreshedAt < MIN_REFRESH_INTERVAL_MS) return
      refreshedAt = performance.now()
      // A file that is being rewritten cannot be read for a moment.
      const config = await load().catch(() => undefined)
      const chosen = config && chooseContext(config, initial.name)
      if (chosen && !('problem' in chosen)) context = chosen
      cached = undefined
      credential = undefined
    },
    onNotice(listener) {
      notify = listener
      for (const notice of pendingNotices.splice(0)) notify(notice)
    },
  }
}

/**
 * Early enough that no request is sent with expired credentials; credentials with a short life are used for half of it.
 */
function renewalTime(expiresAt: number): number {
  if (Number.isNaN(expiresAt)) return Infinity
  return expiresAt - Math.min(RENEWAL_MARGIN_MS, (expiresAt - Date.now()) / 2)
}
