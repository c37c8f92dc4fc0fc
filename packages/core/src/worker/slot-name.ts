import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import type { EnvVariables } from '../config/url-variables.ts'
import { sha256 } from '../config/content-hash.ts'
import { isAlive, processStart, thisHost } from '../provider-kit/process-identity.ts'

// The worker numbers of Vitest, Playwright, Jest, Mocha and node:test.
const WORKER_VARIABLES = [
  'VITEST_POOL_ID',
  'TEST_PARALLEL_INDEX',
  'JEST_WORKER_ID',
  'MOCHA_WORKER_ID',
  'NODE_TEST_WORKER_ID',
]

// Characters. A whole name has at most 63, the limit of PostgreSQL and MongoDB.
const MAX_RUN_LENGTH = 20
const MAX_SLOT_LENGTH = 12

/** Identifies this worker within its runner. All numbers count: a test may have started another runner. */
export function currentSlot(env: EnvVariables): string {
  const numbers = WORKER_VARIABLES.flatMap((name) => env[name] ?? [])
  const slot = numbers.length ? numbers.join('_') : `p${process.pid}`
  // Vitest gives its threads and its processes the same numbers, and may run both at once.
  return `${isMainThread ? '' : 't'}${sanitize(slot).slice(0, MAX_SLOT_LENGTH)}`
}

/** The start of the names of all slots of a run. */
export function slotPrefix(run: string): string {
  const text = sanitize(run)
  return text.length <= MAX_RUN_LENGTH ? `${text}_` : `${text.slice(0, MAX_RUN_LENGTH - 7)}_${sha256(run).slice(0, 6)}_`
}

/** Contains the runner's process, because two runners that share a run give their workers the same numbers. */
export function slotName(run: string, slot: string): string {
  const runner = runnerPid()
  return `${slotPrefix(run)}${hostHash()}_${runner}_${(processStart(runner) ?? 0).toString(36)}_${slot}`
}

/** Whether the runner that the name of a slot contains is dead. False for a runner on another host. */
export function isStaleSlot(name: string, prefix: string): boolean {
  const [, host, pid, started] = /^([0-9a-f]{4})_(\d+)_([0-9a-z]+)_/.exec(name.slice(prefix.length)) ?? []
  if (!name.startsWith(prefix) || host !== hostHash() || pid === undefined || started === undefined) return false
  return !isAlive({ host: thisHost(), pid: Number(pid), started: Number.parseInt(started, 36) })
}

/** The process that numbers the workers: the parent of a forked worker, else this process with all its threads. */
function runnerPid(): number {
  const forked = isMainThread && (process.connected || process.env['NODE_TEST_CONTEXT'] !== undefined)
  return forked ? process.ppid : process.pid
}

function hostHash(): string {
  return sha256(thisHost()).slice(0, 4)
}

function sanitize(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '_')
}
