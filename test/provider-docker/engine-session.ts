import { randomBytes } from 'node:crypto'
import { currentOwner, type Report, type Run, type Session } from '@moorage/core'
import { provider } from '../../packages/provider-docker/src/provider.ts'

/** A session of this test's own on an engine. */
export async function openSession(
  host: string,
  report: Report = { phase: () => {}, journal: () => {}, notice: () => {} },
): Promise<{ readonly session: Session; readonly run: Run }> {
  const id = `test-${randomBytes(4).toString('hex')}`
  const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
  const { signal } = new AbortController()
  return { run, session: await provider({ host }, { root: process.cwd() }).open(run, report, signal) }
}
