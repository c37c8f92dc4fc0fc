import type { EndedService, ProgressListener } from '@moorage/core'

interface Store {
  readonly services: EndedService[]
  /** Whether tests run whose report will show the last lines. */
  isReported: boolean
}

// A process may load this module twice: for the global setup and for the reporter.
const KEY = Symbol.for('moorage.ended-services')
const holder = globalThis as { [KEY]?: Store }
const store = (holder[KEY] ??= { services: [], isReported: false })

/** The services that have ended since the test run began. */
export function endedServices(): readonly EndedService[] {
  return store.services
}

/** Called before a test run: services that ended earlier have been started again by then. */
export function beginReport(): void {
  store.services.length = 0
  store.isReported = true
}

/** Called when the report of a test run has what it needs. */
export function endReport(): void {
  store.isReported = false
}

/**
 * Records each service that ends, and passes every event on. While tests run whose report will show the last lines of a
 * service, they are left out, so that they are printed once. On GitHub they stay: there they are a folded group.
 */
export function recordEndedServices(onProgress: ProgressListener): ProgressListener {
  return (progress) => {
    if (progress.kind !== 'exited') return onProgress(progress)
    store.services.push(progress)
    const { reason, logs } = progress
    const isFolded = process.env['GITHUB_ACTIONS'] === 'true'
    if (!store.isReported || !logs.length || isFolded) return onProgress(progress)
    onProgress({ ...progress, reason: `${reason} (its last lines follow after the tests)`, logs: [] })
  }
}
