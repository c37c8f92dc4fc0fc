import type { Json } from '../contract/json.ts'

/** What `MOORAGE_DEBUG` may list. */
export const DEBUG_AREAS = [
  'protocol',
  'supervisor',
  'provisioning',
  'docker',
  'kubernetes',
  'nerdctl',
  'process',
  'forward',
] as const

export type DebugArea = (typeof DEBUG_AREAS)[number]

/** Values that are undefined are left out. */
export type DebugFields = { readonly [name: string]: Json | undefined }

/** Writes one line of an area. */
export type DebugLog = (event: string, fields: DebugFields) => void

/** Where lines go; undefined while the log is off. */
export interface DebugSink {
  readonly areas: ReadonlySet<string>
  write(area: DebugArea, event: string, fields: DebugFields): void
  /** Strikes these values out of every later line. */
  hide(values: Iterable<string>): void
  /** Goes on beside another supervisor's log. */
  moveTo(log: string): void
}

const SENSITIVE_NAME =
  /pass(word|wd|phrase)?$|pwd$|secret|token|credential|authorization|cookie|api[-_]?key|private[-_]?key/i

let sink: DebugSink | undefined

/**
 * The debug log of an area; undefined while it is off. `debugLog('docker')?.('call', { path })` then evaluates nothing.
 * Fields never contain a request's body or the environment of a service.
 */
export function debugLog(area: DebugArea): DebugLog | undefined {
  const to = sink
  return to?.areas.has(area) ? (event, fields) => to.write(area, event, fields) : undefined
}

/** Strikes secrets out of every later line of the debug log. */
export function hideFromDebugLog(values: Iterable<string>): void {
  sink?.hide(values)
}

export function moveDebugLog(log: string): void {
  sink?.moveTo(log)
}

export function setDebugSink(next: DebugSink | undefined): void {
  sink = next
}

/** Milliseconds since a moment of `performance.now()`, to a tenth. */
export function elapsedMs(since: number): number {
  return Math.round((performance.now() - since) * 10) / 10
}

/** Whether a name of a variable, a field or a flag promises a secret. */
export function isSensitiveName(name: string): boolean {
  return SENSITIVE_NAME.test(name)
}
