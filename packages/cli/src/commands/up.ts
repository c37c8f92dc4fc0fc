import type { ProgressListener } from '@moorage/core'
import {
  displayUrl,
  parseDuration,
  formatDuration,
  loadConfig,
  withReporting,
  progressPrinter,
  startDetached,
} from '@moorage/core/runner'
import { askedForm, write } from '../output.ts'
import type { Invocation } from '../main.ts'
import { withSignals } from '../signals.ts'

/** Starts the services and leaves them standing, each told by one line; data only where it is asked for. */
export async function up({ file, options, installation }: Invocation): Promise<number> {
  const form = askedForm('up', options)
  const ttl = parseDuration(String(options['ttl'] ?? '8h'), 'moorage up: --ttl')
  // Nothing has begun yet: until here a signal ends a config that never comes to its end.
  const config = await loadConfig(file())
  return await withSignals(async ({ abort: signal }) => {
    const print = progressPrinter(process.stderr)
    const ready = new Set<string>()
    const onProgress: ProgressListener = (progress) => {
      if (progress.kind === 'ready') ready.add(progress.service)
      print(progress)
    }
    const status = await withReporting({ root: config.root, onProgress }, (watched) =>
      startDetached(installation, config, { ttl, signal, onProgress: watched }),
    )
    for (const [service, { url }] of Object.entries(status.connections)) {
      if (!ready.has(service))
        print({
          kind: 'ready',
          service,
          ms: 0,
          given: true,
          ...(typeof url === 'string' ? { url: displayUrl(url) } : {}),
        })
    }
    print({ kind: 'notice', text: `run ${status.run} stays for ${formatDuration(ttl)}, or until: moorage down` })
    if (form) write(form, status)
    return 0
  })
}
