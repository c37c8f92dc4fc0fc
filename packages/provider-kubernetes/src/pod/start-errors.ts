import { isMoorageError, MoorageError, type ErrorDetails } from '@moorage/core/provider'
import type { Pod } from '../api/types.ts'
import { containerStatus, containerStatuses, FILES_CONTAINER, isInjected, MAIN_CONTAINER } from './container-status.ts'
import type { PodRef } from './pod-ref.ts'

/** A registry's messages that a retry does not change: unknown name, missing permission, missing platform. */
export const PERMANENT_PULL_ERROR: RegExp =
  /not found|manifest unknown|no match for platform|denied|unauthorized|forbidden|signature|invalid reference/i

/** Whether a reason concerns the image, and not the container. */
export function isImageReason(reason: string): boolean {
  return reason === 'pull' || reason === 'InvalidImageName' || reason === 'ErrImageNeverPull'
}

/**
 * Explains why a container does not start: IMAGE_NOT_FOUND, CONFIG_INVALID or START_FAILED.
 *
 * `reason` is `pull` for every failed pull, else a reason of the kubelet; `text` is the kubelet's message.
 */
export function toStartError(ref: PodRef, reason: string, text: string): MoorageError {
  return isImageReason(reason) ? imageError(ref, reason, text) : containerError(ref, reason, text)
}

function imageError(ref: PodRef, reason: string, text: string): MoorageError {
  const { service, configPath = `services.${service}`, image, pod, namespace } = ref
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: reason === 'pull' ? 'pull' : 'start' }
  const key = `${configPath}.image`
  const describe = `kubectl describe pod ${pod} -n ${namespace}`
  const createSecret = `kubectl create secret docker-registry NAME -n ${namespace} …`
  const message = shorten(text)
  if (reason === 'InvalidImageName')
    return new MoorageError('CONFIG_INVALID', `${key}: '${image}' is not a valid image name.`, {
      ...details,
      hint: 'Write it like postgres:17.',
    })
  if (reason === 'ErrImageNeverPull')
    return new MoorageError('IMAGE_NOT_FOUND', `${key}: the node does not have ${image}, and may not pull it.`, {
      ...details,
      hint: `Load it onto the node, or push it to a registry. Inspect the pod with: ${describe}`,
    })
  if (/denied|unauthorized|forbidden/i.test(text))
    return new MoorageError('IMAGE_NOT_FOUND', `${key}: the registry denies this cluster access to ${image}.`, {
      ...details,
      hint:
        `The registry answered: ${message}\nCorrect the name, ` +
        `or create a pull secret and set kubernetes({ imagePullSecrets: ['NAME'] }): ${createSecret}`,
    })
  if (PERMANENT_PULL_ERROR.test(text))
    return new MoorageError('IMAGE_NOT_FOUND', `${key}: the cluster cannot find image ${image}.`, {
      ...details,
      hint: `The registry answered: ${message}\nCorrect the name or the tag. Inspect the pod with: ${describe}`,
    })
  if (/toomanyrequests|429|rate limit/i.test(text))
    return new MoorageError('START_FAILED', `${key}: the pull limit of the registry has been reached for ${image}.`, {
      ...details,
      hint:
        `The registry answered: ${message}\nPull through a mirror, ` +
        `or create a pull secret and set kubernetes({ imagePullSecrets: ['NAME'] }): ${createSecret}`,
    })
  return new MoorageError('START_FAILED', `${key}: the cluster could not pull ${image}.`, {
    ...details,
    hint: `The node reports: ${message}\nCheck that the node can reach the registry. Inspect the pod with: ${describe}`,
  })
}

function containerError(ref: PodRef, reason: string, text: string): MoorageError {
  const { service, configPath = `services.${service}`, image, pod, namespace } = ref
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: 'start' }
  const message = shorten(text)
  if (/exec format error/i.test(text))
    return new MoorageError(
      'START_FAILED',
      `${configPath}: ${image} is built for a different CPU architecture than its node.`,
      {
        ...details,
        hint:
          `The node reports: ${message}\nUse an image, or a command, for the architecture of the node: ` +
          'kubectl get nodes -L kubernetes.io/arch',
      },
    )
  if (/executable file not found|no such file or directory|permission denied/i.test(text))
    return new MoorageError('START_FAILED', `${configPath}.command: ${image} cannot run it.`, {
      ...details,
      hint: `The node reports: ${message}\nCorrect the command: it must exist inside the image.`,
    })
  if (/runAsNonRoot/.test(text))
    return new MoorageError('START_FAILED', `${configPath}.user: ${image} runs as root, or as a non-numeric user.`, {
      ...details,
      hint: `The node reports: ${message}\nSet a numeric user, for example user: '1000:1000'.`,
    })
  return new MoorageError('START_FAILED', `${configPath}: the cluster did not start it: ${message} (${reason}).`, {
    ...details,
    hint: `Inspect the pod with: kubectl describe pod ${pod} -n ${namespace}`,
  })
}

/**
 * The error of a container that the node could not start, whose terminated state is not the end of a running service,
 * or of a failed container before it.
 */
export function findContainerStartError(ref: PodRef, pod: Pod): MoorageError | undefined {
  const main = containerStatus(pod, MAIN_CONTAINER)?.state
  if (main?.running) return undefined
  if (/^(StartError|ContainerCannotRun)$/.test(main?.terminated?.reason ?? ''))
    return toStartError(ref, 'StartError', main?.terminated?.message ?? 'the node reports no cause')
  if (main?.terminated || pod.status?.phase !== 'Failed') return undefined
  const failed = containerStatuses(pod).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)
  const { reason = 'Error', message = '', exitCode } = failed?.state?.terminated ?? {}
  if (!failed) return undefined
  const text = `exit code ${exitCode}, ${reason}${message ? `: ${message}` : ''}`
  return isInjected(failed) ? injectedContainerError(ref, failed.name, text) : initError(ref, text)
}

/** The error of a container that prepares volumes and did not do its work. */
export function initError(
  { service, configPath = `services.${service}`, image, pod, namespace, initSetting = 'files' }: PodRef,
  text: string,
): MoorageError {
  const problem =
    initSetting === 'files'
      ? 'the container that receives them ended before they arrived'
      : 'the container that prepares them ended early'
  return new MoorageError('START_FAILED', `${configPath}.${initSetting}: ${problem}: ${shorten(text)}.`, {
    service,
    provider: 'kubernetes',
    phase: 'start',
    cause: text,
    hint:
      `That container runs sh and cp of ${image}, and tar for large deliveries. Show its output with: ` +
      `kubectl logs ${pod} -c ${FILES_CONTAINER} -n ${namespace}`,
  })
}

/** Whether the container that prepares the volumes did not do its work. */
export function isInitError(error: unknown): error is MoorageError {
  return isMoorageError(error) && /: the container that (receives|prepares) them ended/.test(error.message)
}

/** Whether that container could not start because the image has no shell. */
export function lacksShell(error: unknown): boolean {
  return isInitError(error) && /executable file not found|no such file or directory/i.test(String(error.cause))
}

/** The error of a container that the cluster has added to a pod, and that keeps the service from starting. */
export function injectedContainerError(
  { service, configPath = `services.${service}`, pod, namespace }: PodRef,
  container: string,
  text: string,
): MoorageError {
  return new MoorageError(
    'START_FAILED',
    `${configPath}: container ${container}, which the cluster has added to its pod, does not start: ${shorten(text)}.`,
    {
      service,
      provider: 'kubernetes',
      phase: 'start',
      hint:
        `Exempt namespace ${namespace} from that injection. Show the cause with: ` +
        `kubectl logs ${pod} -c ${container} -n ${namespace}`,
    },
  )
}

/** One line of at most 400 characters, without a full stop. */
export function shorten(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 400).replace(/\.$/, '')
}
