import { findCredentials, registryOf, type Report } from '@moorage/core/provider'

/** The content of a pull Secret, and its type. Source: Kubernetes, "Pull an Image from a Private Registry". */
export interface PullCredentials {
  readonly type: 'kubernetes.io/dockerconfigjson'
  readonly stringData: { readonly '.dockerconfigjson': string }
}

/**
 * The credentials of this machine for the registry of an image, from Docker's own config and its helpers; undefined
 * where there are none. Throws `MoorageError` (CONFIG_INVALID) for a config that cannot be read.
 */
export async function pullCredentials(
  { service, image }: { readonly service: string; readonly image: string },
  { env, report }: { readonly env: NodeJS.ProcessEnv; readonly report: Pick<Report, 'notice'> },
): Promise<PullCredentials | undefined> {
  const { credentials, problem } = await findCredentials(registryOf(image), env)
  if (problem)
    report.notice(`services.${service}.image: ${problem} The cluster pulls the image with its own credentials.`)
  // A kubelet does not take identity tokens.
  if (credentials?.username === undefined || credentials.password === undefined) return undefined
  const { serveraddress, username, password } = credentials
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  return {
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [serveraddress]: { username, password, auth } } }) },
  }
}
