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
import type { Invocation } from '../command.ts'
import { outputFormat, writeRun } from '../output.ts'
import { withSignals } from '../signals.ts'

const DEFAULT_TTL = '8h'

/**
 * Starts the services and keeps them running, with a line for each on stderr. Prints data only with `--json` or
 * `--env`.
 */
export async function runUp({ configPath, options, installation }: Invocation): Promise<number> {
  const format = outputFormat('up', options)
  const ttl = parseDuration(String(options['ttl'] ?? DEFAULT_TTL), 'up: --ttl')
  // Nothing has started yet, so signals keep their default: they end the process even if the config never settles.
  const config = await loadConfig(configPath())
  return await withSignals(async ({ abort: signal }) => {
    const print = progressPrinter(process.stderr)
    const reported = new Set<string>()
    const onProgress: ProgressListener = (progress) => {
      if (progress.kind === 'ready') reported.add(progress.service)
      print(progress)
    }
    const status = await withReporting({ root: config.root, onProgress }, (watched) =>
      startDetached(installation, config, { ttl, signal, onProgress: watched }),
    )
    // Services that were already running cause no event.
    for (const [service, { url }] of Object.entries(status.connections)) {
      if (reported.has(service)) continue
      const shown = typeof url === 'string' ? { url: displayUrl(url) } : {}
      print({ kind: 'ready', service, ms: 0, joined: true, ...shown })
    }
    print({
      kind: 'notice',
      text: `run ${status.run} is kept for ${formatDuration(ttl)}; to remove it earlier: moorage down`,
    })
    if (format) writeRun(format, status)
    return 0
  })
}
