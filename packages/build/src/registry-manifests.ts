import { findCredentials, type RegistryCredentials } from '@moorage/core/provider'
import { isLoopback } from './build-arguments.ts'

// Source: OCI Distribution Specification, "Pulling manifests".
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

interface ImageName {
  readonly registry: string
  readonly repository: string
  readonly tag: string
}

/** The name with the digest of its manifest instead of its tag; undefined where the registry does not have it. */
export async function nameByDigest(image: string, signal: AbortSignal): Promise<string | undefined> {
  const name = parseName(image)
  const digest = await digestOf(name, signal)
  return digest === undefined ? undefined : `${name.registry}/${name.repository}@${digest}`
}

/**
 * Deletes an image from its registry. Returns false where the registry does not allow it: then its own retention has to
 * remove the image. Source: OCI Distribution Specification, "Content management".
 */
export async function deleteFromRegistry(image: string, signal: AbortSignal): Promise<boolean> {
  const name = parseName(image)
  const digest = await digestOf(name, signal)
  if (digest === undefined) return true
  const response = await call(name, { method: 'DELETE', reference: digest, actions: 'pull,push,delete' }, signal)
  return response.ok || response.status === 404
}

async function digestOf(name: ImageName, signal: AbortSignal): Promise<string | undefined> {
  const response = await call(name, { method: 'HEAD', reference: name.tag, actions: 'pull' }, signal)
  return (response.ok && response.headers.get('docker-content-digest')) || undefined
}

function parseName(image: string): ImageName {
  const [, registry = '', repository = '', tag = 'latest'] = image.match(/^([^/]+)\/(.+?)(?::([^:/]+))?$/) ?? []
  return { registry, repository, tag }
}

interface ManifestRequest {
  readonly method: 'HEAD' | 'DELETE'
  readonly reference: string
  /** What a token must allow. */
  readonly actions: string
}

async function call(
  { registry, repository }: ImageName,
  { method, reference, actions }: ManifestRequest,
  signal: AbortSignal,
): Promise<Response> {
  const protocol = isLoopback(registry) ? 'http' : 'https'
  const url = `${protocol}://${registry}/v2/${repository}/manifests/${reference}`
  const send = (headers: { readonly [name: string]: string }): Promise<Response> =>
    fetch(url, { method, headers: { Accept: MANIFEST_TYPES, ...headers }, signal })
  const response = await send({})
  if (response.status !== 401) return response
  const { credentials } = await findCredentials(registry, process.env)
  const authorization = await authorize(response.headers.get('www-authenticate') ?? '', {
    credentials,
    scope: `repository:${repository}:${actions}`,
    signal,
  })
  return authorization === undefined ? response : await send({ Authorization: authorization })
}

/** Answers the challenge of a registry. Source: Distribution, "Token Authentication Specification". */
async function authorize(
  challenge: string,
  {
    credentials,
    scope,
    signal,
  }: { readonly credentials: RegistryCredentials | undefined; readonly scope: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { username, password } = credentials ?? {}
  const basic =
    username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
  if (!/^bearer/i.test(challenge)) return basic
  const parameter = (name: string): string => challenge.match(new RegExp(`${name}="([^"]*)"`))?.[1] ?? ''
  const url = new URL(parameter('realm'))
  url.searchParams.set('service', parameter('service'))
  url.searchParams.set('scope', scope)
  const response = await fetch(url, { headers: basic === undefined ? {} : { Authorization: basic }, signal })
  if (!response.ok) return undefined
  const body = (await response.json()) as { readonly token?: string; readonly access_token?: string }
  const token = body.token ?? body.access_token
  return token === undefined ? undefined : `Bearer ${token}`
}
