import {
  refusedSettings,
  serviceHostName,
  type ContainerForm,
  type OptionProblem,
  type ServiceSpec,
} from '@moorage/core/provider'
import { currentUser, missingAliasPermissions } from '../cluster/permissions.ts'
import type { Cluster } from '../cluster/select-cluster.ts'
import { podNames } from './pod-names.ts'
import { platformProblem } from './platform.ts'
import { SETTING_SUPPORT } from '../settings.ts'

export interface ServiceCheck {
  readonly service: string
  /** All services of the run on this provider. */
  readonly services: { readonly [service: string]: ServiceSpec }
  /** Undefined before the cluster is known. */
  readonly cluster: Cluster | undefined
}

// For all questions to the cluster together.
const ANSWER_TIMEOUT_MS = 5_000

/** The settings of a service that a pod cannot have, alone, beside the other services, or on this cluster. */
export async function checkService(given: ServiceCheck): Promise<readonly OptionProblem[]> {
  const { service, services, cluster } = given
  const container = services[service]?.container
  if (!container) return []
  const problems = [...refusedSettings(container, SETTING_SUPPORT), ...sharedVolumes(given), ...takenHostName(given)]
  if (problems.length || !cluster) return problems
  const asked = await Promise.all([checkAliases(cluster, service, container), checkPlatform(cluster, container)])
  return asked.filter((problem) => problem !== undefined)
}

function sharedVolumes({ service, services }: ServiceCheck): readonly OptionProblem[] {
  return Object.entries(services[service]?.container?.volumes ?? {}).flatMap(([path, { volume }]) => {
    const other = Object.keys(services).find((name) => name !== service && usesVolume(services[name], volume))
    if (other === undefined) return []
    return [
      {
        at: `volumes['${path}']`,
        reason:
          `services.${other} uses volume '${volume}' too, and pods cannot share a folder on every cluster: each may ` +
          'be on another node',
        fix:
          'Copy the content into each of them with files, let the services exchange it over the network, or run them ' +
          'with provider docker.',
      },
    ]
  })
}

function usesVolume(spec: ServiceSpec | undefined, volume: string): boolean {
  return Object.values(spec?.container?.volumes ?? {}).some((mount) => mount.volume === volume)
}

/** A pod answers to its host name, so that name must not be the name of another service. */
function takenHostName({ service, services }: ServiceCheck): readonly OptionProblem[] {
  const { hostName } = services[service]?.container ?? {}
  const other = Object.keys(services).find(
    (name) => name !== service && serviceHostName(name) === hostName?.toLowerCase(),
  )
  if (other === undefined) return []
  return [
    {
      at: 'hostName',
      reason: `services.${other} has the same name, and the other pods reach a pod by its host name`,
      fix: 'Choose another host name, or omit it.',
    },
  ]
}

async function checkAliases(
  { client, policy }: Cluster,
  service: string,
  container: ContainerForm,
): Promise<OptionProblem | undefined> {
  if (policy.mode === 'create' || !podNames(service, container).aliases.length) return undefined
  const { namespace } = policy
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  if (!(await missingAliasPermissions(client, namespace, signal)).length) return undefined
  const setting = container.hostName === undefined ? undefined : 'hostName'
  return {
    at: setting ?? (container.aliases?.length ? 'aliases' : 'networks'),
    reason:
      `in namespace ${namespace}, which runs share, further names of a pod need an EndpointSlice, and ` +
      `${await currentUser(client, signal)} may not create endpointslices.discovery.k8s.io`,
    fix:
      `Use services.${service} by its own name, or let an administrator run: ` +
      `kubectl apply -n ${namespace} -f node_modules/moorage/kubernetes-role.yaml.`,
  }
}

async function checkPlatform({ client }: Cluster, { platform }: ContainerForm): Promise<OptionProblem | undefined> {
  return platform === undefined ? undefined : await platformProblem(client, platform)
}
