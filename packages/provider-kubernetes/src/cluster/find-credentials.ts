import { existsSync, readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { delimiter, join, resolve } from 'node:path'
import { homeFolder, messageOf } from '@moorage/core/provider'
import { chooseContext } from './choose-context.ts'
import { createCredentials, type Credentials } from './renewing-credentials.ts'
import { readKubeconfigs, type Kubeconfig } from './kubeconfig.ts'

export interface CredentialOptions {
  /**
   * Path of a kubeconfig, relative to `root`. Default: `KUBECONFIG`, else `~/.kube/config`, else the pod's service
   * account.
   */
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
const IN_CLUSTER_CONTEXT = 'in-cluster'

/**
 * Finds credentials in kubectl's order: explicit path, `KUBECONFIG`, the home folder, the pod's service account. A path
 * that was chosen and does not exist is a problem: the pod's account may belong to another cluster.
 */
export async function findCredentials(options: CredentialOptions): Promise<Credentials | CredentialProblem> {
  const { env } = options
  const named = options.kubeconfig ? [options.kubeconfig] : (env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean)
  // An option is part of the config, so it is relative to the project.
  const absolute = named.map((file) => (options.kubeconfig ? resolve(options.root, file) : resolve(file)))
  const candidates = named.length ? absolute : [join(homeFolder(), '.kube', 'config')]
  // Like kubectl, this ignores members of KUBECONFIG that do not exist.
  const files = candidates.filter((file) => existsSync(file))
  if (files.length === 0 && named.length) return missingKubeconfig(named, options)
  const inCluster = files.length === 0
  if (inCluster && !(env['KUBERNETES_SERVICE_HOST'] && existsSync(join(SERVICE_ACCOUNT_FOLDER, 'token'))))
    return {
      configured: false,
      reason: 'there is no kubeconfig, and this machine is not a pod',
      fix: 'set KUBECONFIG, then check with: kubectl config get-contexts',
    }
  const load = async (): Promise<Kubeconfig> => (inCluster ? inClusterConfig(env) : await readKubeconfigs(files))
  try {
    const chosen = chooseContext(await load(), options.context)
    return 'problem' in chosen
      ? { configured: true, reason: `the kubeconfig ${files.join(delimiter)} ${chosen.problem}`, fix: chosen.fix }
      : createCredentials(chosen, { env, root: options.root, inCluster, load })
  } catch (error) {
    return {
      configured: true,
      reason: `the kubeconfig ${files.join(delimiter)} cannot be used: ${messageOf(error)}`,
      fix: 'show it with: kubectl config view',
    }
  }
}

function missingKubeconfig(named: readonly string[], { kubeconfig, env }: CredentialOptions): CredentialProblem {
  const source = kubeconfig ? 'the path in kubernetes({ kubeconfig })' : 'KUBECONFIG'
  const inPod = env['KUBERNETES_SERVICE_HOST'] ? `, or remove it to use the account of this pod` : ''
  return {
    configured: true,
    reason: `there is no kubeconfig at ${named.join(delimiter)}`,
    fix: `correct ${source}${inPod}, then check with: kubectl config get-contexts`,
  }
}

function inClusterConfig(env: NodeJS.ProcessEnv): Kubeconfig {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const inFolder = (name: string): string => join(SERVICE_ACCOUNT_FOLDER, name)
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] || '443'}`
  const namespace = existsSync(inFolder('namespace')) ? readFileSync(inFolder('namespace'), 'utf8').trim() : ''
  const name = IN_CLUSTER_CONTEXT
  return {
    currentContext: name,
    clusters: new Map([[name, { server, 'certificate-authority': inFolder('ca.crt') }]]),
    users: new Map([[name, { tokenFile: inFolder('token') }]]),
    contexts: new Map([[name, { cluster: name, user: name, ...(namespace ? { namespace } : {}) }]]),
  }
}
