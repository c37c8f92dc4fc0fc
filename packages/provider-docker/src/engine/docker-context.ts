import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerConfigFolder, MoorageError, readConfigFile } from '@moorage/core/provider'
import { engineAt, readCertificates, type Engine } from './engine-address.ts'

interface ContextMeta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } }
}

const HINT = 'List the contexts with `docker context ls`, and choose one with `docker context use`.'

/**
 * The engine of the selected Docker context; undefined for the default context. Source: docker/cli, context store: a
 * folder is the SHA-256 of the context's name. Throws `MoorageError` (CONFIG_INVALID).
 */
export function contextEngine(env: NodeJS.ProcessEnv): Engine | undefined {
  const variable = env['DOCKER_CONTEXT']
  const file = variable ? undefined : readConfigFile(env)
  const name = variable || file?.config.currentContext
  if (!name || name === 'default') return undefined
  const origin = file ? `currentContext in ${file.name}` : 'DOCKER_CONTEXT'
  const contexts = join(dockerConfigFolder(env), 'contexts')
  const id = createHash('sha256').update(name).digest('hex')
  const metaFile = join(contexts, 'meta', id, 'meta.json')
  const fail = (text: string): MoorageError =>
    new MoorageError('CONFIG_INVALID', `${origin}: ${text}.`, { provider: 'docker', hint: HINT })
  if (!existsSync(metaFile)) throw fail(`there is no Docker context '${name}' in ${contexts}`)
  const { Host: host, SkipTLSVerify: skipsVerification } = readMeta(metaFile)?.Endpoints?.docker ?? {}
  if (!host) throw fail(`${metaFile} names no engine`)
  const certificates = readCertificates(join(contexts, 'tls', id, 'docker'))
  if (!skipsVerification && !Object.keys(certificates).length) return engineAt(host)
  return engineAt(host, { ...certificates, ...(skipsVerification ? { rejectUnauthorized: false } : {}) })
}

function readMeta(path: string): ContextMeta | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ContextMeta
  } catch {
    return undefined
  }
}
