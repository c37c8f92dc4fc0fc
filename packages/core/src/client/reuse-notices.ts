import type { ProgressListener } from '../contract/progress.ts'
import type { RunRequest } from '../protocol/run-request.ts'

/**
 * Opens a run and reports services that ran before and whose code moorage does not know: an edit of it would pass
 * unnoticed, and old code would answer the tests.
 */
export async function withReuseNotices<T>(
  { plan }: RunRequest,
  onProgress: ProgressListener,
  open: (onProgress: ProgressListener) => Promise<T>,
): Promise<T> {
  const started = new Set<string>()
  const opened = await open((progress) => {
    if (progress.kind === 'ready') started.add(progress.service)
    onProgress(progress)
  })
  for (const [name, { spec, given }] of Object.entries(plan.services)) {
    const isUnknown = spec.inputs && !spec.inputs.files?.length && spec.placement === 'host'
    if (!isUnknown || given !== undefined || started.has(name)) continue
    const text = `services.${name} was already running, and moorage does not know whether its code has changed. Name the code in the config, as in ${spec.preset}({ files: ['src'] }), or run \`moorage down\` after an edit.`
    onProgress({ kind: 'notice', text })
  }
  return opened
}
