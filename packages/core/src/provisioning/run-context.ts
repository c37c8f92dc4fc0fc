import type { ProgressListener } from '../contract/progress.ts'
import type { Provider, ProviderRef, Report, Run } from '../contract/provider.ts'
import type { Clock } from '../provider-kit/clock.ts'

/** What the supervisor lends to a run. */
export interface RunContext {
  /** Default: the real one. */
  readonly clock?: Clock
  readonly run: Run
  load(ref: ProviderRef): Promise<Provider>
  onProgress: ProgressListener
  /** Durable when it returns. */
  journal(ref: ProviderRef, entry: Parameters<Report['journal']>[0]): void
}
