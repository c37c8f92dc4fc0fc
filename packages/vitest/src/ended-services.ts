import type { EndedService, ProgressListener } from '@moorage/core'

// The setup and the reporter may be two copies of this module in one process.
const KEY = Symbol.for('moorage.ended-services')
const holder = globalThis as { [KEY]?: EndedService[] }

export function endedServices(): readonly EndedService[] {
  return holder[KEY] ?? []
}

/** Before a run: what ended since the last one has been started anew. */
export function forgetEnded(): void {
  holder[KEY] = []
}

/** Keeps what ends in mind, and passes everything on. */
export function rememberEnded(onProgress: ProgressListener): ProgressListener {
  return (progress) => {
    if (progress.kind === 'exited') (holder[KEY] ??= []).push(progress)
    onProgress(progress)
  }
}
