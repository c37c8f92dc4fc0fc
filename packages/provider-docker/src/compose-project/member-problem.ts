import type { ImageConfig, WantedMember } from '@moorage/core/provider'

/** Source: Docker Engine API, "Inspect a container". */
export interface InspectedMember {
  readonly Id: string
  readonly Name: string
  readonly State: { readonly Status: string; readonly ExitCode: number }
  readonly Config: ImageConfig & {
    readonly Image?: string
    readonly Env?: readonly string[] | null
    readonly Tty?: boolean
  }
  readonly HostConfig: { readonly RestartPolicy?: { readonly Name?: string } }
  readonly NetworkSettings: {
    readonly Ports?: {
      readonly [port: string]: readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null
    } | null
    readonly Networks?: {
      readonly [name: string]: { readonly NetworkID?: string; readonly IPAddress?: string; readonly Gateway?: string }
    } | null
  }
}

/** Why a container is not what the file describes, as the rest of a sentence about its service. Undefined if it is. */
export function memberProblem(
  { State, Config, NetworkSettings }: InspectedMember,
  { image, env, ports, completes }: WantedMember,
): string | undefined {
  const hasCompleted = completes && State.Status === 'exited' && State.ExitCode === 0
  if (State.Status === 'exited' && !hasCompleted) return `has ended with exit code ${State.ExitCode}`
  if (State.Status !== 'running' && !hasCompleted) return `is in the state '${State.Status}'`
  if (image !== undefined && Config.Image !== undefined && fullName(Config.Image) !== fullName(image))
    return `runs ${Config.Image}, and the file names ${image}`
  const set = new Set(Config.Env ?? [])
  const other = Object.entries(env).find(([name, value]) => !set.has(`${name}=${value}`))
  if (other) return `was started with another value of ${other[0]}`
  const [main] = Object.values(ports)
  const isPublished = main === undefined || Boolean(NetworkSettings.Ports?.[`${main}/tcp`]?.[0]?.HostPort)
  if (!hasCompleted && !isPublished) return `does not publish the port ${main}, which the tests need`
  return undefined
}

/** The name of an image with its registry and tag. Source: distribution/reference, familiar names. */
function fullName(image: string): string {
  const named = image.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  return /(:[^/:]+|@.*)$/.test(named) ? named : `${named}:latest`
}
