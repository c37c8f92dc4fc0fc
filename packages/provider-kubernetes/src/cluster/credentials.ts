import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '@moorage/core/provider'
import type { KubeConfig } from '../vendor/kubeconfig.ts'

/** A cluster and a user of it. */
export interface Credentials {
  readonly server: string
  readonly context: string
  readonly user: string
  /** The context's own; undefined where it names none. */
  readonly namespace: string | undefined
  readonly inCluster: boolean
  /** Options for a request: certificates, headers, and an agent where there is a proxy. */
  forRequest(): Promise<{ headers?: { [name: string]: string }; [option: string]: unknown }>
  /** Forgets what it had, and reads it anew. */
  renew(): Promise<void>
}

export interface CredentialOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly env: NodeJS.ProcessEnv
  /** The user's project. */
  readonly root: string
}

export type Shortcoming = { readonly reason: string; readonly fix: string; readonly named: boolean }

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Explicit, else KUBECONFIG, else the home folder's, else the pod's own account: the order of kubectl. */
export async function findCredentials(wish: CredentialOptions): Promise<Credentials | Shortcoming> {
  const files = filesOf(wish)
  const inCluster =
    files.length === 0 && Boolean(wish.env['KUBERNETES_SERVICE_HOST']) && existsSync(join(ACCOUNT, 'token'))
  if (files.length === 0 && !inCluster) {
    const named = wish.kubeconfig ?? wish.env['KUBECONFIG']
    return named
      ? {
          named: true,
          reason: `there is no kubeconfig at ${named}`,
          fix: 'correct KUBECONFIG, then check with: kubectl config get-contexts',
        }
      : {
          named: false,
          reason: 'no kubeconfig, and this is no pod',
          fix: 'set KUBECONFIG, then check with: kubectl config get-contexts',
        }
  }
  try {
    const config = await load(files, wish)
    const context = wish.context ?? config.getCurrentContext()
    if (!config.getContextObject(context)) {
      const known =
        config
          .getContexts()
          .map(({ name }) => name)
          .join(', ') || 'none'
      const what = context ? `has no context '${context}'` : 'has no current context'
      return {
        named: true,
        reason: `the kubeconfig ${files.join(delimiter)} ${what}; it has ${known}`,
        fix: 'choose one with: kubectl config use-context NAME',
      }
    }
    config.setCurrentContext(context)
    if (!config.getCurrentCluster())
      return {
        named: true,
        reason: `context '${context}' names a cluster that the kubeconfig does not have`,
        fix: 'look at it with: kubectl config view',
      }
    return credentialsOf(config, { inCluster, load: () => load(files, wish) })
  } catch (error) {
    return {
      named: true,
      reason: `the kubeconfig ${files.join(delimiter)} cannot be used: ${messageOf(error)}`,
      fix: 'look at it with: kubectl config view',
    }
  }
}

/** Files that are there: kubectl passes over members of KUBECONFIG that are not. */
function filesOf({ kubeconfig, env }: CredentialOptions): readonly string[] {
  const named = kubeconfig ?? env['KUBECONFIG']
  const files = named ? (kubeconfig ? [kubeconfig] : named.split(delimiter)) : [join(homedir(), '.kube', 'config')]
  return files.filter((file) => file && existsSync(file))
}

// Whose authenticators are not in the cut-down build: as `auth-provider` in the kubeconfig.
const RARE = /^\s*-?\s*name:\s*['"]?(oidc|gcp|azure)['"]?\s*$/m

async function load(files: readonly string[], { root }: CredentialOptions): Promise<KubeConfig> {
  const rare = files.some(
    (file) => /auth-provider:/.test(readFileSync(file, 'utf8')) && RARE.test(readFileSync(file, 'utf8')),
  )
  const Config = rare ? await whole(root) : (await import('../vendor/kubeconfig.ts')).KubeConfig
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

async function whole(root: string): Promise<typeof KubeConfig> {
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

// Milliseconds for which an answer of an auth plugin, or a token's file, is used again.
const FRESH = 60_000

function credentialsOf(
  first: KubeConfig,
  { inCluster, load }: { readonly inCluster: boolean; load(): Promise<KubeConfig> },
): Credentials {
  let config = first
  let cached: { readonly at: number; readonly options: Promise<object> } | undefined
  const cluster = config.getCurrentCluster()
  const context = config.getCurrentContext()
  // Ten first calls at once would ask an auth plugin ten times.
  const ask = (): Promise<object> => {
    if (cached && performance.now() - cached.at < FRESH) return cached.options
    const options = optionsOf(config)
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
    forRequest: async () => ({ ...(await ask()) }),
    async renew() {
      config = await load()
      config.setCurrentContext(context)
      cached = undefined
    },
  }
}

async function optionsOf(config: KubeConfig): Promise<object> {
  const options: { agent?: unknown } = {}
  await config.applyToHTTPSOptions(options as never)
  // Its agents are kept by name and would serve old certificates; only a proxy needs one.
  if (!config.getCurrentCluster()?.proxyUrl) delete options.agent
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null))
}
