import type { ApiResponse, Status } from './types.ts'

const FIRST_BACKOFF_MS = 50
const MAX_BACKOFF_MS = 1_000
const DEFAULT_RETRY_AFTER_MS = 1_000

// Gateways between this machine and the API server: bad gateway, gateway timeout.
const GATEWAY_STATUSES: readonly number[] = [502, 504]
// etcd elects a leader, or is overloaded. Source: go.etcd.io/etcd/api/v3rpc/rpctypes/error.go. Other answers with
// status 500 are final: a webhook that cannot be called, for example.
const ETCD_TRANSIENT =
  /etcdserver: (leader changed|no leader|not capable|request timed out|too many requests)|leader changed/

/** A delay before the next attempt at a call without an answer: it grows, and varies so that clients do not align. */
export function backoffMs(attempt: number): number {
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
}

/**
 * The delay before a refused call is worth another attempt; undefined when the refusal is final. 429 (API priority and
 * fairness) and 503 state the delay in their body or in `Retry-After`.
 */
export function retryDelayMs({ status, body, retryAfterMs }: ApiResponse, attempt: number): number | undefined {
  const { message = '', details } = (body ?? {}) as Status
  const stated = details?.retryAfterSeconds === undefined ? retryAfterMs : 1_000 * details.retryAfterSeconds
  if (status === 429 || status === 503) return stated ?? DEFAULT_RETRY_AFTER_MS
  if (GATEWAY_STATUSES.includes(status) || (status === 500 && ETCD_TRANSIENT.test(message)))
    return stated ?? backoffMs(attempt)
  return undefined
}

/**
 * The header `Retry-After` in milliseconds: seconds, or a date, which counts from the date of the answer (NaN where it
 * has none). Source: RFC 9110, section 10.2.3.
 */
export function parseRetryAfter(header: string | undefined, answerDate: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header) ? 1_000 * Number(header) : Date.parse(header) - answerDate
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
