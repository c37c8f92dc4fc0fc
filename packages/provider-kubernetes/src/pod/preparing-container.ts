import type { ContainerUnit } from '@moorage/core/provider'
import type { ApiEvent, ApiObject, ContainerState, Pod } from '../api/types.ts'
import { containerStatus, FILES_CONTAINER, MAIN_CONTAINER } from './container-status.ts'
import type { PodSnapshot } from './informer.ts'

/**
 * Which container prepares the volumes of the main container.
 *
 * `beside`: one that the kubelet starts before the main container, with a hook that it waits for. `before`: an init
 * container, whose end the kubelet notices up to a second late. `none`: the image has no shell.
 */
export type Preparation = 'beside' | 'before' | 'none'

/** What the container does: lines for `sh`, with the volumes that they need. */
export interface InitStep {
  readonly script: readonly string[]
  readonly mounts: readonly { readonly name: string; readonly mountPath: string }[]
}

// Below the top of a volume, of which the main container sees folders only.
const DONE_FILE = '.moorage-done'
const SEEN_FILE = '.moorage-seen'
// The hook must end before its container does. It has nothing left to do by then.
const HOOK_EXIT_SECONDS = 5
// Beside the main container, whose requests would be reserved twice.
const REQUESTS = { cpu: '1m', memory: '4Mi' }

/** Whether the main container allows another one beside it. */
export function canPrepareBeside({ restart = 'no', init }: ContainerUnit): boolean {
  // A restarted container would replace files that the service has changed. In a shared process namespace, the stop
  // signal is for the oldest process.
  return restart === 'no' && !init
}

/**
 * The containers of a pod: the main container, and one of the same image and user that prepares its volumes, if there
 * are steps. That one needs `sh`.
 */
export function podContainers(main: object, steps: readonly InitStep[], preparation: Preparation): object {
  const folder = steps[0]?.mounts[0]?.mountPath
  if (folder === undefined || preparation === 'none') return { containers: [main] }
  const work = ['set -e', ...steps.flatMap(({ script }) => script)]
  if (preparation === 'before') return { containers: [main], initContainers: [preparingContainer(main, steps, work)] }
  const [done, seen] = [`${folder}/${DONE_FILE}`, `${folder}/${SEEN_FILE}`]
  const wait = [
    `: > ${done}`,
    `until [ -e ${seen} ]; do sleep 0.02; done`,
    "trap 'exit 143' TERM",
    `sleep ${HOOK_EXIT_SECONDS} & wait`,
  ]
  const hook = `until [ -e ${done} ]; do sleep 0.02; done; : > ${seen}`
  const beside = {
    ...preparingContainer(main, steps, [...work, ...wait]),
    lifecycle: { postStart: { exec: { command: ['sh', '-c', hook] } } },
    resources: { limits: sharedLimits(main), requests: REQUESTS },
  }
  return { containers: [beside, main] }
}

function preparingContainer(main: object, steps: readonly InitStep[], script: readonly string[]): object {
  const { lifecycle: _lifecycle, tty: _tty, stdin: _stdin, ...rest } = main as { readonly [field: string]: unknown }
  return {
    ...rest,
    name: FILES_CONTAINER,
    env: [],
    ports: [],
    command: ['sh', '-c', script.join('\n').replaceAll('$', '$$$$')],
    args: [],
    volumeMounts: steps.flatMap(({ mounts }) => mounts),
  }
}

/** Devices and other resources of the main container are not taken twice. */
function sharedLimits(main: object): object {
  const { resources } = main as { readonly resources?: { readonly limits?: { readonly [name: string]: unknown } } }
  const limits = Object.entries(resources?.limits ?? {})
  return Object.fromEntries(limits.filter(([name]) => name === 'cpu' || name === 'memory'))
}

/** Whether another container prepares the volumes of a pod beside the main one. */
export function isPreparedBeside(pod: ApiObject): boolean {
  return (pod as Pod).spec?.containers?.some(({ name }) => name === FILES_CONTAINER) ?? false
}

/** Whether the container that prepares the volumes has started. */
export function isPreparing({ pod, events }: PodSnapshot): boolean {
  return containerEvents(events).at(-1)?.reason === 'Started' || stateOf(pod, FILES_CONTAINER)?.running !== undefined
}

/**
 * Why the container beside the main one did not do its work; undefined while nothing has gone wrong. The kubelet waits
 * for its hook and not for its success, so the main container may have started nevertheless.
 */
export function findFailureBeside({ pod, events }: PodSnapshot, hasMainStarted: boolean): string | undefined {
  const own = containerEvents(events)
  const state = stateOf(pod, FILES_CONTAINER)
  const { exitCode = 0, reason = '', message = '' } = state?.terminated ?? {}
  if (exitCode !== 0) return `exit code ${exitCode}, ${reason}${message ? `: ${message}` : ''}`
  const last = own.at(-1)
  if (own.some((event) => event.reason === 'FailedPostStartHook')) return 'its hook failed'
  if (hasMainStarted && last?.reason === 'Failed') return last.message ?? 'Failed'
  const waiting = stateOf(pod, FILES_CONTAINER)?.waiting
  if (stateOf(pod, MAIN_CONTAINER)?.running && waiting) return `${waiting.reason}: ${waiting.message}`
  return undefined
}

/** The events of the preparing container that say how far it is. */
function containerEvents(events: readonly ApiEvent[]): readonly ApiEvent[] {
  return events.filter(
    ({ reason = '', involvedObject: { fieldPath = '' } }) =>
      /^(Started|Failed|FailedPostStartHook)$/.test(reason) && fieldPath.endsWith(`ontainers{${FILES_CONTAINER}}`),
  )
}

function stateOf(pod: Pod | undefined, name: string): ContainerState | undefined {
  return containerStatus(pod, name)?.state
}

/** A word of a shell script. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
