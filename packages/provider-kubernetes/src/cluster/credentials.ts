import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '@moorage/core/provider'
import type { KubeConfig } from '../vendor/kubeconfig.ts'

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
  /** TLS and authentication options for one HTTP request, and an agent where there is a proxy. Cached for 60 s. */
  requestOptions(): Promise<{ headers?: { [name: string]: string }; [option: string]: unknown }>
  /** Discards what is cached and reads the kubeconfig again. */
  refresh(): Promise<void>
}

export interface CredentialOptions {
  /** Path of a kubeconfig. Default: `KUBECONFIG`, else `~/.kube/config`, else the pod's service account. */
  readonly kubeconfig?: string
  /** Name of a context. Default: the current context. */
  readonly context?: string
  readonly env: NodeJS.ProcessEnv
  /** The user's project. */
  readonly root: string
}

/** Why there are no credentials. */
export interface CredentialProblem {
  readonly reason: string
  readonly fix: string
  /**
   * True where the user named a kubeconfig or one exists, so that falling back to another provider would hide a
   * mistake.
   */
  readonly configured: boolean
}

// Source: Kubernetes, "Accessing the Kubernetes API from a Pod".
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Finds credentials in kubectl's order: explicit path, `KUBECONFIG`, the home folder, the pod's service account. */
export async function findCredentials(options: CredentialOptions): Promise<Credentials | CredentialProblem> {
  const files = kubeconfigFiles(options)
  const inCluster =
    files.length === 0 &&
    Boolean(options.env['KUBERNETES_SERVICE_HOST']) &&
    existsSync(join(SERVICE_ACCOUNT_FOLDER, 'token'))
  if (files.length === 0 && !inCluster) return noKubeconfig(options)
  try {
    const config = await loadConfig(files, options)
    const context = options.context ?? config.getCurrentContext()
    if (!config.getContextObject(context)) {
      const contexts = config.getContexts().map(({ name }) => name)
      const problem = context ? `has no context '${context}'` : 'has no current context'
      return {
        configured: true,
        reason: `the kubeconfig ${files.join(delimiter)} ${problem}; its contexts: ${contexts.join(', ') || 'none'}`,
        fix: 'choose one with: kubectl config use-context NAME',
      }
    }
    config.setCurrentContext(context)
    if (!config.getCurrentCluster())
      return {
        configured: true,
        reason: `context '${context}' refers to a cluster that is missing from the kubeconfig`,
        fix: 'show it with: kubectl config view',
      }
    return createCredentials(config, { inCluster, load: () => loadConfig(files, options) })
  } catch (error) {
    return {
      configured: true,
      reason: `the kubeconfig ${files.join(delimiter)} cannot be used: ${messageOf(error)}`,
      fix: 'show it with: kubectl config view',
    }
  }
}

function noKubeconfig({ kubeconfig, env }: CredentialOptions): CredentialProblem {
  const named = kubeconfig ?? env['KUBECONFIG']
  return named
    ? {
        configured: true,
        reason: `there is no kubeconfig at ${named}`,
        fix: 'correct KUBECONFIG, then check with: kubectl config get-contexts',
      }
    : {
        configured: false,
        reason: 'there is no kubeconfig, and this machine is not a pod',
        fix: 'set KUBECONFIG, then check with: kubectl config get-contexts',
      }
}

/** The kubeconfigs that exist: like kubectl, this ignores members of `KUBECONFIG` that do not. */
function kubeconfigFiles({ kubeconfig, env }: CredentialOptions): readonly string[] {
  const named = kubeconfig ?? env['KUBECONFIG']
  const files = named ? (kubeconfig ? [kubeconfig] : named.split(delimiter)) : [join(homedir(), '.kube', 'config')]
  return files.filter((file) => file && existsSync(file))
}

// Auth providers that the bundled client leaves out.
const UNBUNDLED_AUTH_PROVIDERS = /^\s*-?\s*name:\s*['"]?(oidc|gcp|azure)['"]?\s*$/m

async function loadConfig(files: readonly string[], { root }: CredentialOptions): Promise<KubeConfig> {
  const needsWholePackage = files.some((file) => {
    const text = readFileSync(file, 'utf8')
    return text.includes('auth-provider:') && UNBUNDLED_AUTH_PROVIDERS.test(text)
  })
  const Config = needsWholePackage
    ? await importWholePackage(root)
    : (await import('../vendor/kubeconfig.ts')).KubeConfig
  const config = new Config()
  const [first, ...more] = files
  if (first === undefined) config.loadFromCluster()
  else config.loadFromFile(first)
  for (const file of more) {
    const next = new Config()
    next.loadFromFile(file)
    config.mergeConfig(next, true)
  }
  return config
}

async function importWholePackage(root: string): Promise<typeof KubeConfig> {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      const path = createRequire(from).resolve('@kubernetes/client-node')
      return ((await import(pathToFileURL(path).href)) as { KubeConfig: typeof KubeConfig }).KubeConfig
    } catch {
      // Not installed there.
    }
  }
  throw new RangeError('its auth provider needs a package: npm install --save-dev @kubernetes/client-node')
}

// How long the output of an auth plugin, or the content of a token file, is reused.
const CACHE_MS = 60_000

function createCredentials(
  initial: KubeConfig,
  { inCluster, load }: { readonly inCluster: boolean; load(): Promise<KubeConfig> },
): Credentials {
  let config = initial
  let cached: { readonly at: number; readonly options: Promise<object> } | undefined
  const cluster = config.getCurrentCluster()
  const context = config.getCurrentContext()
  // Caches the promise: ten concurrent first calls would otherwise run an auth plugin ten times.
  const cachedOptions = (): Promise<object> => {
    if (cached && performance.now() - cached.at < CACHE_MS) return cached.options
    const options = readRequestOptions(config)
    cached = { at: performance.now(), options }
    options.catch(() => (cached = undefined))
    return options
  }
  return {
    server: cluster?.server ?? '',
    context,
    user: config.getCurrentUser()?.name ?? '',
    namespace: config.getContextObject(context)?.namespace,
    inCluster,
    requestOptions: async () => ({ ...(await cachedOptions()) }),
    async refresh() {
      config = await load()
      config.setCurrentContext(context)
      cached = undefined
    },
  }
}

async function readRequestOptions(config: KubeConfig): Promise<object> {
  const options: { agent?: unknown } = {}
  await config.applyToHTTPSOptions(options as never)
  // The library caches its agents by name, so that they would serve old certificates; only a proxy needs one.
  if (!config.getCurrentCluster()?.proxyUrl) delete options.agent
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null))
}
