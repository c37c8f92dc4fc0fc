import type { EnvVariables } from '../config/url-variables.ts'
import { sha256 } from '../config/content-hash.ts'
import type { RunId } from '../protocol/run-request.ts'
import { inCi } from './in-ci.ts'

// Variables of the CI systems. A re-run keeps its run id and matrix jobs share it, so the id also has a nonce.
const CI_SYSTEMS: readonly { readonly run: string; readonly attempt: string; readonly job: string }[] = [
  { run: 'GITHUB_RUN_ID', attempt: 'GITHUB_RUN_ATTEMPT', job: 'GITHUB_JOB' },
  { run: 'CI_PIPELINE_ID', attempt: 'CI_JOB_ID', job: 'CI_JOB_NAME' },
  { run: 'BUILDKITE_BUILD_NUMBER', attempt: 'BUILDKITE_RETRY_COUNT', job: 'BUILDKITE_JOB_ID' },
  { run: 'CIRCLE_WORKFLOW_ID', attempt: 'CIRCLE_BUILD_NUM', job: 'CIRCLE_JOB' },
  { run: 'BUILD_BUILDID', attempt: 'SYSTEM_JOBATTEMPT', job: 'SYSTEM_JOBID' },
  { run: 'BUILD_NUMBER', attempt: 'BUILD_TAG', job: 'JOB_NAME' },
]

/** `ci-<run>-<attempt>-<hash of job, shard and nonce>` in CI, else `dev-<hash of the nonce>`. */
export function createRunId(env: EnvVariables, nonce: string): RunId {
  if (!inCi(env)) return { id: `dev-${sha256(nonce).slice(0, 8)}` }
  const system = CI_SYSTEMS.find(({ run }) => env[run])
  const shard = env['CI_NODE_INDEX'] ?? env['MATRIX_INDEX'] ?? ''
  const job = (system && env[system.job]) ?? ''
  const hash = sha256(`${job}\n${shard}\n${nonce}`).slice(0, 6)
  const ciRun = system && env[system.run]
  if (!ciRun) return { id: `ci-local-1-${hash}` }
  return { id: `ci-${toLabel(ciRun, 30)}-${toLabel(env[system.attempt] || '1', 20)}-${hash}`, ciRun }
}

/** Lower-case letters, digits and inner dashes. A hash replaces what does not fit. */
function toLabel(text: string, maxLength: number): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (clean.length <= maxLength && clean) return clean
  return `${clean.slice(0, maxLength - 7).replace(/-+$/, '')}-${sha256(text).slice(0, 6)}`.replace(/^-/, '')
}
