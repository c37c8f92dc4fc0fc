import type { ProgressListener } from '../contract/progress.ts'
import type { Transport } from './transport.ts'

export interface CrashRecoveryOptions {
  readonly transport: Transport
  readonly onProgress: ProgressListener
}

/** The supervisor died first: what it left is removed by its journal, even when this process ends now. */
export async function recoverAfterCrash({ transport, onProgress }: CrashRecoveryOptions): Promise<void> {
  onProgress({ kind: 'notice', text: 'The supervisor was killed: its services are gone. Removing what it left…' })
  for (const failure of parseFailures(await transport.recover().catch(() => '')))
    onProgress({ kind: 'notice', text: `Not removed: ${failure.replace(/\.$/, '')}. The next run tries again.` })
}

function parseFailures(said: string): readonly string[] {
  try {
    return (JSON.parse(said) as { failures: readonly string[] }).failures
  } catch {
    return ['the clean-up itself failed']
  }
}
