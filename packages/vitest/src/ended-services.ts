import type { EndedService, ProgressListener } from '@moorage/core'

// A process may load this module twice: for the global setup and for the reporter.
const KEY = Symbol.for('moorage.ended-services')
const store = globalThis as { [KEY]?: EndedService[] }

/** The services that have ended since the test run began. */
export function endedServices(): readonly EndedService[] {
  return store[KEY] ?? []
}

/** Called before a test run: services that ended earlier have been started again by then. */
export function clearEndedServices(): void {
  store[KEY] = []
}

/** Records each service that ends, and passes every event on. */
export function recordEndedServices(onProgress: ProgressListener): ProgressListener {
  return (progress) => {
    if (progress.kind === 'exited') (store[KEY] ??= []).push(progress)
    onProgress(progress)
  }
}
