import type { ProgressListener } from '../contract/progress.ts'
import type { RecoveryReport } from '../protocol/launch-report.ts'
import { readCrashReport, type CrashReport } from './crash-report.ts'
import type { Transport } from './transport.ts'

export interface CrashRecoveryOptions {
  readonly transport: Transport
  /** Path of the supervisor's log. */
  readonly log: string
  readonly onProgress: ProgressListener
}

/** Removes what a dead supervisor left, by its journal. The clean-up goes on when this process exits. Never rejects. */
export async function recoverAfterCrash(
  { reason }: CrashReport,
  { transport, log, onProgress }: CrashRecoveryOptions,
): Promise<void> {
  const how = reason === undefined ? 'was killed' : `crashed (${reason})`
  onProgress({ kind: 'notice', text: `The supervisor ${how} and its services are gone. Removing what it left…` })
  for (const failure of parseFailures(await transport.recover().catch(() => ''), log))
    onProgress({ kind: 'notice', text: `Not removed: ${failure.replace(/\.$/, '')}. The next run tries again.` })
}

function parseFailures(output: string, log: string): readonly string[] {
  try {
    return (JSON.parse(output) as RecoveryReport).failures
  } catch {
    const { reason } = readCrashReport(log)
    return [`the clean-up itself failed${reason === undefined ? '' : `: ${reason}`}`]
  }
}
