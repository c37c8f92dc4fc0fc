import { sha256 } from '../config/hash.ts'
import type { EnvVariables } from '../config/env-variables.ts'

/** Who a run is. `id` is a DNS label of at most 63 characters. */
export interface RunIdentity {
  readonly id: string
  /** The CI's own number of the run: what a person searches by. */
  readonly ciRun?: string
}

// Variables of the CI systems: run, attempt, job. A re-run keeps its run id and matrix jobs share it, hence the nonce.
const SYSTEMS: readonly (readonly [run: string, attempt: string, job: string])[] = [
  ['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB'],
  ['CI_PIPELINE_ID', 'CI_JOB_ID', 'CI_JOB_NAME'],
  ['BUILDKITE_BUILD_NUMBER', 'BUILDKITE_RETRY_COUNT', 'BUILDKITE_JOB_ID'],
  ['CIRCLE_WORKFLOW_ID', 'CIRCLE_BUILD_NUM', 'CIRCLE_JOB'],
  ['BUILD_BUILDID', 'SYSTEM_JOBATTEMPT', 'SYSTEM_JOBID'],
  ['BUILD_NUMBER', 'BUILD_TAG', 'JOB_NAME'],
]

export function inCi(env: EnvVariables): boolean {
  return !['', '0', 'false', undefined].includes(env['CI']?.toLowerCase())
}

/** `ci-<run>-<attempt>-<hash of job, shard and nonce>` in CI, else `dev-<hash>`. */
export function runIdentity(env: EnvVariables, nonce: string): RunIdentity {
  const shard = env['CI_NODE_INDEX'] ?? env['MATRIX_INDEX'] ?? ''
  if (!inCi(env)) return { id: `dev-${sha256(nonce).slice(0, 8)}` }
  const [run, attempt, job] = SYSTEMS.find(([name]) => env[name]) ?? []
  const hash = sha256(`${(job && env[job]) ?? ''}\n${shard}\n${nonce}`).slice(0, 6)
  const ciRun = run && env[run]
  if (!ciRun) return { id: `ci-local-1-${hash}` }
  return { id: `ci-${label(ciRun, 30)}-${label((attempt && env[attempt]) || '1', 20)}-${hash}`, ciRun }
}

/** Lower-case letters, digits and inner dashes; what is cut off lives on in a hash. */
function label(text: string, most: number): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (clean.length <= most && clean) return clean
  return `${clean.slice(0, most - 7).replace(/-+$/, '')}-${sha256(text).slice(0, 6)}`.replace(/^-/, '')
}
