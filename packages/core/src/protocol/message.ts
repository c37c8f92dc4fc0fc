import type { PlainError } from '../contract/plain-error.ts'

export interface RequestMessage {
  readonly id: number
  readonly method: string
  readonly params: unknown
}

export type ResponseMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: PlainError }

/** One key for each event. */
export interface EventMessage {
  readonly event: { readonly [name: string]: unknown }
}

export type Message = RequestMessage | ResponseMessage | EventMessage

/** Gives undefined for a line that no peer of ours sends. */
export function parseMessage(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isMessage(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isMessage(value: unknown): value is Message {
  if (!isObject(value)) return false
  if ('event' in value) return isObject(value['event'])
  return (
    typeof value['id'] === 'number' && ('result' in value || 'error' in value || typeof value['method'] === 'string')
  )
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}
