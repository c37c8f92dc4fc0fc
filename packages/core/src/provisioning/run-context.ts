import type { ProgressListener } from '../contract/progress.ts'
import type { ImageBuilders } from '../contract/builder.ts'
import type { Provider, ProviderRef, Report, Run } from '../contract/provider.ts'
import type { Clock } from '../provider-kit/clock.ts'

/** What the supervisor provides for one run. */
export interface RunContext {
  /** Default: the monotonic clock of this machine. */
  readonly clock?: Clock
  readonly run: Run
  /** Loads a provider. */
  load(ref: ProviderRef): Promise<Provider>
  /** The builders of images; a `BuildModule`. Default: images cannot be built. */
  readonly builders?: { readonly ref: ProviderRef; load(): Promise<ImageBuilders> }
  onProgress: ProgressListener
  /** Writes an entry for a provider; it is on disk when the call returns. */
  journal(ref: ProviderRef, entry: Parameters<Report['journal']>[0]): void
}
