import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { sha256 } from '../config/hash.ts'
import type { EnvVariables } from '../config/env-variables.ts'
import { isAlive, processStart, thisHost } from '../provider-kit/process-identity.ts'

// What runners number their workers by: Vitest, Playwright, Jest, Mocha, node:test.
const NUMBERS = ['VITEST_POOL_ID', 'TEST_PARALLEL_INDEX', 'JEST_WORKER_ID', 'MOCHA_WORKER_ID', 'NODE_TEST_WORKER_ID']

// Characters. With the rest of a slot's name they make at most 63, which is what PostgreSQL and MongoDB take.
const RUN = 20

/** This worker among those of its runner. All numbers that are set count: a runner may have been started by a test of another. */
export function currentSlot(env: EnvVariables): string {
  const numbers = NUMBERS.flatMap((name) => env[name] ?? [])
  const slot = numbers.length ? numbers.join('_') : `p${process.pid}`
  // Vitest numbers its threads and its processes alike, and may run both at once.
  return `${isMainThread ? '' : 't'}${clean(slot).slice(0, 12)}`
}

/** Begins the names of a run's slots. */
export function slotPrefix(run: string): string {
  const text = clean(run)
  return text.length <= RUN ? `${text}_` : `${text.slice(0, RUN - 7)}_${sha256(run).slice(0, 6)}_`
}

/** Two runners that share a run number their workers alike: the name of a slot says whose worker it is, too. */
export function slotName(run: string, slot: string): string {
  const runner = runnerPid()
  return `${slotPrefix(run)}${host()}_${runner}_${(processStart(runner) ?? 0).toString(36)}_${slot}`
}

/** Whether the runner in the name of a slot is gone. What is not provably dead counts as alive. */
export function isStaleSlot(name: string, prefix: string): boolean {
  const [, at, pid, started] = /^([0-9a-f]{4})_(\d+)_([0-9a-z]+)_/.exec(name.slice(prefix.length)) ?? []
  if (!name.startsWith(prefix) || at !== host() || pid === undefined || started === undefined) return false
  return !isAlive({ host: thisHost(), pid: Number(pid), started: Number.parseInt(started, 36) })
}

/** The process that numbers the workers: the parent of a forked worker, else this one, threads and all. */
function runnerPid(): number {
  const forked = isMainThread && (process.connected || process.env['NODE_TEST_CONTEXT'] !== undefined)
  return forked ? process.ppid : process.pid
}

function host(): string {
  return sha256(thisHost()).slice(0, 4)
}

function clean(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '_')
}
