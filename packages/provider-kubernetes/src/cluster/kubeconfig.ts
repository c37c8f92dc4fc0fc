import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { messageOf } from '@moorage/core/provider'

// Source: kubernetes.io, "client Configuration (v1)": the fields of Config that a client needs.

export interface KubeCluster {
  readonly server: string
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'tls-server-name'?: string
  readonly 'proxy-url'?: string
  readonly extensions?: readonly { readonly name: string; readonly extension?: unknown }[]
}

export interface KubeUser {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly as?: string
  readonly 'as-uid'?: string
  readonly 'as-groups'?: readonly string[]
  readonly 'as-user-extra'?: { readonly [key: string]: readonly string[] }
  readonly exec?: ExecConfig
  readonly 'auth-provider'?: { readonly name: string }
}

/** A program that prints credentials. */
export interface ExecConfig {
  readonly apiVersion?: string
  readonly command: string
  readonly args?: readonly string[] | null
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null
  readonly installHint?: string
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always'
  readonly provideClusterInfo?: boolean
}

export interface KubeContext {
  readonly cluster: string
  readonly user?: string
  readonly namespace?: string
}

/** Several kubeconfigs, merged. */
export interface Kubeconfig {
  readonly currentContext: string
  readonly clusters: ReadonlyMap<string, KubeCluster>
  readonly users: ReadonlyMap<string, KubeUser>
  readonly contexts: ReadonlyMap<string, KubeContext>
}

type Named<Key extends string, T> = { readonly name: string } & { readonly [key in Key]?: T | null }

interface KubeconfigFile {
  readonly 'current-context'?: string
  readonly clusters?: readonly Named<'cluster', KubeCluster>[] | null
  readonly users?: readonly Named<'user', KubeUser>[] | null
  readonly contexts?: readonly Named<'context', KubeContext>[] | null
}

/**
 * Reads and merges kubeconfigs as kubectl does: of entries with one name, the one in the first file counts, as does the
 * first current context. Relative paths are relative to the file that they stand in. Throws RangeError for a file that
 * cannot be used.
 *
 * Source: kubernetes.io, "Organizing Cluster Access Using kubeconfig Files", "Merging kubeconfig files".
 */
export async function readKubeconfigs(files: readonly string[]): Promise<Kubeconfig> {
  const clusters = new Map<string, KubeCluster>()
  const users = new Map<string, KubeUser>()
  const contexts = new Map<string, KubeContext>()
  let currentContext = ''
  for (const file of files) {
    const config = await parseFile(file)
    const folder = dirname(file)
    currentContext ||= config['current-context'] ?? ''
    addMissing(clusters, config.clusters, ({ cluster }) => cluster && resolveCluster(cluster, folder))
    addMissing(users, config.users, ({ user }) => resolveUser(user ?? {}, folder))
    addMissing(contexts, config.contexts, ({ context }) => context ?? undefined)
  }
  return { currentContext, clusters, users, contexts }
}

async function parseFile(file: string): Promise<KubeconfigFile> {
  const { parseYaml } = await import('../vendor/yaml.ts')
  let config: unknown
  try {
    const text = readFileSync(file, 'utf8')
    // The parser refuses a text without a document; kubectl takes an empty kubeconfig.
    config = /^\s*[^#\s]/m.test(text) ? (parseYaml(text) ?? {}) : {}
  } catch (error) {
    throw new RangeError(`${file} cannot be read: ${messageOf(error).split('\n')[0]}`, { cause: error })
  }
  if (typeof config !== 'object') throw new RangeError(`${file} is not a kubeconfig`)
  return config as KubeconfigFile
}

function addMissing<T, N extends { readonly name: string }>(
  target: Map<string, T>,
  entries: readonly N[] | null | undefined,
  valueOf: (entry: N) => T | null | undefined,
): void {
  for (const entry of entries ?? []) {
    const value = valueOf(entry)
    if (value && !target.has(entry.name)) target.set(entry.name, value)
  }
}

function resolveCluster(cluster: KubeCluster, folder: string): KubeCluster {
  return { ...cluster, ...resolvePaths(cluster, folder, ['certificate-authority']) }
}

function resolveUser(user: KubeUser, folder: string): KubeUser {
  const { exec } = user
  return {
    ...user,
    ...resolvePaths(user, folder, ['client-certificate', 'client-key', 'tokenFile']),
    // A command without a folder is searched on the PATH.
    ...(exec && /[/\\]/.test(exec.command) ? { exec: { ...exec, ...resolvePaths(exec, folder, ['command']) } } : {}),
  }
}

function resolvePaths<T>(from: T, folder: string, keys: readonly (keyof T)[]): Partial<T> {
  const resolved = keys.flatMap((key) => {
    const path = from[key]
    return typeof path === 'string' && path && !isAbsolute(path) ? [[key, join(folder, path)]] : []
  })
  return Object.fromEntries(resolved) as Partial<T>
}
