import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MoorageError } from '@moorage/core/provider'
import type { KubeCluster, KubeUser } from './kubeconfig.ts'

/** What this uses of the class `KubeConfig` of @kubernetes/client-node. */
interface OfficialConfig {
  loadFromOptions(options: object): void
  applyToHTTPSOptions(options: object): Promise<void>
}

interface AuthProviderInput {
  readonly cluster: KubeCluster
  readonly user: KubeUser
  /** The user's project. */
  readonly root: string
}

/**
 * Request options of a user with an `auth-provider`, which credential plugins have replaced. The official client, which
 * the user's project has to have, knows them.
 *
 * Throws MoorageError (PROVIDER_UNAVAILABLE) when that package is not installed.
 */
export async function authProviderOptions({
  cluster,
  user,
  root,
}: AuthProviderInput): Promise<{ [option: string]: unknown }> {
  const config = new (await importOfficialConfig(root))()
  config.loadFromOptions({
    currentContext: 'c',
    contexts: [{ name: 'c', cluster: 'c', user: 'c' }],
    clusters: [
      {
        name: 'c',
        server: cluster.server,
        caFile: cluster['certificate-authority'],
        caData: cluster['certificate-authority-data'],
        skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
        tlsServerName: cluster['tls-server-name'],
      },
    ],
    users: [{ name: 'c', authProvider: user['auth-provider'], impersonateUser: user.as }],
  })
  const options: { agent?: unknown } = {}
  await config.applyToHTTPSOptions(options)
  const { agent: _, ...rest } = options
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== null))
}

async function importOfficialConfig(root: string): Promise<new () => OfficialConfig> {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      const path = createRequire(from).resolve('@kubernetes/client-node')
      return ((await import(pathToFileURL(path).href)) as { KubeConfig: new () => OfficialConfig }).KubeConfig
    } catch {
      // Not installed there.
    }
  }
  throw new MoorageError(
    'PROVIDER_UNAVAILABLE',
    'The auth provider of the kubeconfig needs a package that is not installed.',
    {
      provider: 'kubernetes',
      hint: 'Install it: npm install --save-dev @kubernetes/client-node',
    },
  )
}
