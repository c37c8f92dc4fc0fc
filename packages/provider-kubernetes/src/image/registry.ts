import { findCredentials, type RegistryCredentials } from '@moorage/core/provider'
import { registryUrl, type ImageName } from './image-name.ts'

/**
 * Reads an object of a repository, such as `manifests/latest` or `blobs/sha256:…`, with the credentials of Docker's
 * config. Returns undefined for any status but 200. Rejects when the registry does not answer, or with the signal's
 * reason.
 */
export async function readFromRegistry(
  { registry, repository }: Pick<ImageName, 'registry' | 'repository'>,
  { path, accept }: { readonly path: string; readonly accept: string },
  signal: AbortSignal,
): Promise<unknown> {
  const url = `${registryUrl(registry)}/v2/${repository}/${path}`
  const first = await fetch(url, { headers: { Accept: accept }, signal })
  if (first.status === 200) return await first.json()
  await first.body?.cancel()
  if (first.status !== 401) return undefined
  const { credentials } = await findCredentials(registry, process.env)
  const challenge = first.headers.get('www-authenticate') ?? ''
  const authorization = await authorize(challenge, { credentials, repository }, signal)
  if (authorization === undefined) return undefined
  const second = await fetch(url, { headers: { Accept: accept, Authorization: authorization }, signal })
  if (second.status === 200) return await second.json()
  await second.body?.cancel()
  return undefined
}

interface Authorization {
  readonly credentials: RegistryCredentials | undefined
  readonly repository: string
}

/** Answers the challenge of a registry. Source: Distribution, "Token Authentication Specification". */
async function authorize(
  challenge: string,
  { credentials, repository }: Authorization,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { username, password = '' } = credentials ?? {}
  const basic =
    username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  if (!/^bearer /i.test(challenge)) return basic
  const parameter = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1]
  const realm = parameter('realm')
  if (realm === undefined || !URL.canParse(realm)) return undefined
  const url = new URL(realm)
  const service = parameter('service')
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', parameter('scope') ?? `repository:${repository}:pull`)
  const response = await fetch(url, { headers: basic === undefined ? {} : { Authorization: basic }, signal })
  if (!response.ok) return undefined
  const { token, access_token: accessToken = token } = (await response.json()) as {
    readonly token?: string
    readonly access_token?: string
  }
  return accessToken === undefined ? undefined : `Bearer ${accessToken}`
}
