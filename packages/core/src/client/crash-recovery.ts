import type { ProgressListener } from '../contract/progress.ts'
import type { RecoveryReport } from '../protocol/process-output.ts'
import type { Transport } from './transport.ts'

export interface CrashRecoveryOptions {
  readonly transport: Transport
  readonly onProgress: ProgressListener
}

/** Removes what a killed supervisor left, by its journal. The clean-up goes on when this process exits. Never rejects. */
export async function recoverAfterCrash({ transport, onProgress }: CrashRecoveryOptions): Promise<void> {
  onProgress({ kind: 'notice', text: 'The supervisor was killed and its services are gone. Removing what it left…' })
  for (const failure of parseFailures(await transport.recover().catch(() => '')))
    onProgress({ kind: 'notice', text: `Not removed: ${failure.replace(/\.$/, '')}. The next run tries again.` })
}

function parseFailures(output: string): readonly string[] {
  try {
    return (JSON.parse(output) as RecoveryReport).failures
  } catch {
    return ['the clean-up itself failed']
  }
}
