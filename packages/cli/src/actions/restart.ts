import type { Invocation } from '../command.ts'
import { writeNotice, writeSkippedRuns } from '../output.ts'
import { progressView } from '../progress-view.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'
import { withSignals } from '../signals.ts'

/** Restarts services of each run of a project. Exit code 1 if nothing runs. */
export async function runRestart(invocation: Invocation): Promise<number> {
  const root = await projectRoot(invocation)
  return await withSignals(async ({ abort }) => {
    const { visited, skipped } = await forEachRun(root, async ({ run, observer }) => {
      abort.addEventListener('abort', () => observer.close(), { once: true })
      const since = performance.now()
      const view = progressView(process.stderr)
      try {
        await observer.restart(invocation.args, view.onProgress)
      } finally {
        view.end()
      }
      writeNotice(`restarted services of run ${run} in ${((performance.now() - since) / 1000).toFixed(2)} s`)
    })
    writeSkippedRuns(skipped)
    if (!visited && !skipped.length) writeNotice(`no services are running for ${root}. To start them: moorage up`)
    return visited ? 0 : 1
  })
}
