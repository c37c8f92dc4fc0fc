import { collectGarbage } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { processCount, writeNotice, writeSkippedRuns } from '../output.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'

/** Removes a project's runs: idle ones at once, the others when the processes that use them have disconnected. */
export async function runDown(invocation: Invocation): Promise<number> {
  const root = await projectRoot(invocation)
  const failures: string[] = []
  const { visited, skipped } = await forEachRun(root, async ({ run, observer }) => {
    const { users, failures: ofRun } = await observer.endRetention()
    failures.push(...ofRun)
    writeNotice(
      users
        ? `run ${run} is used by ${processCount(users)} and will be removed when ${users > 1 ? 'they disconnect' : 'it disconnects'}`
        : `removed run ${run}`,
    )
  })
  // A run whose supervisor was killed is not listed, but its services may still exist.
  const leftovers = await collectGarbage([], {
    env: process.env,
    root,
    dry: false,
    signal: new AbortController().signal,
    failed: false,
  })
  for (const { kind, id } of leftovers.reaped) writeNotice(`removed ${kind} ${id}, left behind by a killed run`)
  failures.push(...leftovers.failures)
  for (const failure of failures) writeNotice(`not removed: ${failure}`)
  writeSkippedRuns(skipped)
  if (!visited && !skipped.length && !leftovers.reaped.length) writeNotice(`no services are running for ${root}`)
  return failures.length || skipped.length ? 1 : 0
}
