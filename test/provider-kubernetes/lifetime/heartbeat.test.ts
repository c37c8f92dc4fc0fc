import { expect, test } from 'vitest'
import { renewPeriodically } from '../../../packages/provider-kubernetes/src/lifetime/heartbeat.ts'
import { startApiStub } from '../api-stub.ts'

const MODIFIED = 'Operation cannot be fulfilled on jobs.batch "ci-1": the object has been modified'
// Recorded: API server 1.34.
const OTHER_UID = 'Job.batch "ci-1" is invalid: metadata.uid: Invalid value: "u": field is immutable'
const GONE = 'jobs.batch "ci-1" not found'

/** Renews every few milliseconds while the API server gives these answers, and then one that is final. */
async function renew(
  answers: readonly (readonly [status: number, message: string])[],
): Promise<{ readonly notices: readonly string[]; readonly renewals: number }> {
  const notices: string[] = []
  const left = [...answers]
  await using stub = await startApiStub(() => {
    const [status, message] = left.shift() ?? [404, GONE]
    return { status, body: { message } }
  })
  await renewPeriodically(stub.client, {
    intervalMs: 4,
    graceSeconds: 120,
    objectName: 'liveness Job',
    signal: AbortSignal.timeout(5_000),
    report: { phase: () => {}, journal: () => {}, notice: (text) => void notices.push(text) },
    renewal: () => ({ path: '/apis/batch/v1/namespaces/ci/jobs/ci-1', body: { metadata: { uid: 'u' } } }),
  })
  return { notices, renewals: stub.calls.length }
}

test('a conflict and a refusal do not end the heartbeats', async () => {
  const { notices, renewals } = await renew([
    [409, MODIFIED],
    [200, ''],
    [403, 'jobs.batch "ci-1" is forbidden'],
    [403, 'jobs.batch "ci-1" is forbidden'],
    [200, ''],
  ])
  expect(renewals).toBe(6)
  expect(notices).toEqual([
    `The Kubernetes API refused the heartbeat: ${MODIFIED}. The run survives 120 s without a heartbeat; moorage keeps trying.`,
    'The Kubernetes API refused the heartbeat: jobs.batch "ci-1" is forbidden. The run survives 120 s without a heartbeat; moorage keeps trying.',
    `The cluster deleted the run: its liveness Job no longer exists (${GONE}).`,
  ])
})

test('another object under the name is not renewed, and ends them', async () => {
  const { notices, renewals } = await renew([[422, OTHER_UID]])
  expect([renewals, notices]).toEqual([
    1,
    [`The cluster deleted the run: its liveness Job no longer exists (${OTHER_UID}).`],
  ])
})
