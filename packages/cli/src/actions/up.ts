import type { AnyConfig, ProgressListener } from '@moorage/core'
import {
  displayUrl,
  parseDuration,
  formatDuration,
  loadConfig,
  withReporting,
  selectServices,
  startDetached,
} from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { outputFormat, writeRun } from '../output.ts'
import { progressView } from '../progress-view.ts'
import { forEachRun } from '../project-runs.ts'
import { withSignals } from '../signals.ts'

const DEFAULT_TTL = '8h'

/**
 * Starts the services and keeps them running, with a line for each on stderr. Prints data only with `--json` or
 * `--env`.
 */
export async function runUp(invocation: Invocation): Promise<number> {
  const { args, configPath, options, installation } = invocation
  const format = outputFormat('up', options)
  const ttl = parseDuration(String(options['ttl'] ?? DEFAULT_TTL), 'up: --ttl')
  // Nothing has started yet, so signals keep their default: they end the process even if the config never settles.
  const whole = await loadConfig(configPath())
  const config = args.length ? await selected(whole, args) : whole
  return await withSignals(async ({ abort: signal }) => {
    const view = progressView(process.stderr)
    const reported = new Set<string>()
    const onProgress: ProgressListener = (progress) => {
      if (progress.kind === 'ready') reported.add(progress.service)
      view.onProgress(progress)
    }
    try {
      const status = await withReporting({ root: config.root, onProgress }, (watched) =>
        startDetached(installation, config, { ttl, signal, onProgress: watched }),
      )
      // Services that were already running cause no event.
      for (const [service, { url }] of Object.entries(status.connections)) {
        if (reported.has(service)) continue
        const shown = typeof url === 'string' ? { url: displayUrl(url) } : {}
        view.onProgress({ kind: 'ready', service, ms: 0, joined: true, ...shown })
      }
      const text = `run ${status.run} is kept for ${formatDuration(ttl)}; to remove it earlier: moorage down`
      view.onProgress({ kind: 'notice', text })
      if (format) writeRun(format, status)
      return 0
    } finally {
      view.end()
    }
  })
}

/** The config of the named services, their needs, and the services that `up` has started before. */
async function selected(config: AnyConfig, names: readonly string[]): Promise<AnyConfig> {
  const running: string[] = []
  await forEachRun(config.root, async ({ observer }) => {
    const status = await observer.status()
    if (status?.retention?.reason === 'asked') running.push(...Object.keys(status.plan.services))
  })
  return selectServices(config, [...names, ...running.filter((name) => Object.hasOwn(config.services, name))])
}
